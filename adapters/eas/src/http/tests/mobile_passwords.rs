//! Passwords for ActiveSync alone.

use std::sync::Arc;

use argon2::{Argon2, Params, password_hash::PasswordHasher as _};
use http::StatusCode;
use syncledger_commands::{
    add_mobile_password::{self, AddedPassword, NewPassword},
    delete_mobile_password, update_mobile_password,
};
use syncledger_domain::directory::{CredentialId, MobilePasswordUpdated, Service};

use super::world::{Ask, Options, PASSWORD, World, alice};
use crate::http::FailureLimit;

const OK: StatusCode = StatusCode::OK;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
const UNAVAILABLE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

async fn add(world: &World, label: &str, services: &[Service], password: NewPassword<'_>) -> AddedPassword {
    let repository = &world.services.repository;
    let added =
        add_mobile_password::run(repository, &World::admin(), alice(), label, services, password).await;
    world.settle().await;
    added.unwrap()
}

async fn generated(world: &World, label: &str) -> (CredentialId, String) {
    let added = add(world, label, &[Service::Eas], NewPassword::Generated).await;
    (added.id, String::from_utf8(added.secret.unwrap().0.clone()).unwrap())
}

async fn supplied(world: &World, password: &str) -> CredentialId {
    let cheap = Argon2::from(Params::new(8, 1, 1, None).unwrap());
    let hash = cheap.hash_password_with_salt(password.as_bytes(), b"salt of a test").unwrap().to_string();
    add(world, "", &[Service::Eas], NewPassword::Supplied { hash: &hash }).await.id
}

async fn update(world: &World, id: &CredentialId, enabled: Option<bool>, services: Option<Vec<Service>>) {
    let wish = MobilePasswordUpdated { id: id.clone(), label: None, services, enabled };
    let repository = &world.services.repository;
    update_mobile_password::run(repository, &World::admin(), alice(), &wish).await.unwrap();
    world.settle().await;
}

async fn delete(world: &World, id: &CredentialId) {
    let repository = &world.services.repository;
    delete_mobile_password::run(repository, &World::admin(), alice(), id).await.unwrap();
    world.settle().await;
}

async fn answer(world: &World, secret: &str) -> StatusCode {
    world.send(Ask::options().login(b"alice", secret.as_bytes()).build()).await.status
}

#[tokio::test]
async fn from_the_first_mobile_password_on_the_accounts_own_one_opens_no_more() {
    let world = World::with_alice().await;
    // All are remembered from here on, which must help nobody.
    assert_eq!(answer(&world, PASSWORD).await, OK);
    let (phone, secret_of_phone) = generated(&world, "Phone").await;
    assert_eq!(answer(&world, PASSWORD).await, UNAUTHORIZED);
    assert_eq!(answer(&world, &secret_of_phone).await, OK);
    let tablet = supplied(&world, "Tablet's own").await;
    for secret in [secret_of_phone.as_str(), "Tablet's own"] {
        assert_eq!(answer(&world, secret).await, OK, "{secret}");
    }
    for wrong in ["", "tablet's own", "Tablet's", &secret_of_phone[1..]] {
        assert_eq!(answer(&world, wrong).await, UNAUTHORIZED, "{wrong}");
    }
    update(&world, &phone, Some(false), None).await;
    assert_eq!(answer(&world, &secret_of_phone).await, UNAUTHORIZED);
    assert_eq!(answer(&world, "Tablet's own").await, OK, "the other one");
    update(&world, &phone, Some(true), None).await;
    assert_eq!(answer(&world, &secret_of_phone).await, OK);

    delete(&world, &tablet).await;
    assert_eq!(answer(&world, "Tablet's own").await, UNAUTHORIZED);
    update(&world, &phone, Some(false), None).await;
    assert_eq!(answer(&world, PASSWORD).await, UNAUTHORIZED, "disabling opens no door");
    delete(&world, &phone).await;
    assert_eq!(answer(&world, PASSWORD).await, OK);
    assert_eq!(answer(&world, &secret_of_phone).await, UNAUTHORIZED);
}

#[tokio::test]
async fn what_people_type_of_a_generated_one_counts() {
    let world = World::with_alice().await;
    let (_, secret) = generated(&world, "").await;
    for typed in [secret.to_uppercase(), secret.replace('-', ""), secret.replace('-', " ")] {
        assert_eq!(answer(&world, &typed).await, OK, "{typed}");
    }
}

#[tokio::test]
async fn one_for_other_services_is_none_for_activesync() {
    let world = World::with_alice().await;
    let added = add(&world, "", &[Service::Imap, Service::Dav], NewPassword::Generated).await;
    let secret = String::from_utf8(added.secret.unwrap().0.clone()).unwrap();
    assert_eq!(answer(&world, PASSWORD).await, OK);
    assert_eq!(answer(&world, &secret).await, UNAUTHORIZED);
    update(&world, &added.id, None, Some(vec![Service::Eas])).await;
    assert_eq!(answer(&world, PASSWORD).await, UNAUTHORIZED);
    assert_eq!(answer(&world, &secret).await, OK);
    update(&world, &added.id, None, Some(vec![Service::Dav])).await;
    assert_eq!(answer(&world, PASSWORD).await, OK);
    assert_eq!(answer(&world, &secret).await, UNAUTHORIZED);
}

#[tokio::test]
async fn a_backend_that_checks_secrets_has_to_open_on_this_servers_word() {
    let world = World::with(Options { backend_checks: true, ..Options::default() }).await;
    world.mailboxes.add_account(&"alice@example.com".parse().unwrap(), PASSWORD);
    assert_eq!(answer(&world, PASSWORD).await, OK, "the account comes to be");
    world.settle().await;
    let (id, secret) = generated(&world, "").await;
    assert_eq!(answer(&world, &secret).await, UNAVAILABLE, "no wrong password");
    assert_eq!(answer(&world, PASSWORD).await, UNAUTHORIZED);
    world.mailboxes.set_opens_vouched(true);
    assert_eq!(answer(&world, &secret).await, OK);
    delete(&world, &id).await;
    assert_eq!(answer(&world, PASSWORD).await, OK);
}

#[tokio::test]
async fn failures_are_limited_and_do_not_lock_out_phones_with_unguessable_passwords() {
    let mut options = Options::default();
    options.config.login.failure_limit = FailureLimit { failures: 3, window_secs: 60 };
    let world = World::with(options).await;
    world.add("alice@example.com", PASSWORD).await;
    let (_, secret) = generated(&world, "Phone").await;
    supplied(&world, "Tablet's own").await;
    for _ in 0..3 {
        assert_eq!(answer(&world, PASSWORD).await, UNAUTHORIZED);
    }
    assert_eq!(answer(&world, PASSWORD).await, UNAVAILABLE);
    assert_eq!(answer(&world, "Tablet's own").await, UNAVAILABLE, "this one could be guessed");
    assert_eq!(answer(&world, &secret).await, OK);
    assert_eq!(answer(&world, PASSWORD).await, UNAVAILABLE, "the limit stands");
}

#[tokio::test]
async fn a_mobile_password_is_nobody_elses() {
    let world = World::with_alice().await;
    world.add("bob@example.com", "bob's").await;
    let (_, secret) = generated(&world, "").await;
    let as_bob = Ask::options().login(b"bob", secret.as_bytes());
    assert_eq!(world.send(as_bob.build()).await.status, UNAUTHORIZED);
    assert_eq!(world.send(Ask::options().login(b"bob", b"bob's").build()).await.status, OK);
}

/// A second node knows what the first was told.
#[tokio::test]
async fn every_node_obeys() {
    let first = World::with_alice().await;
    let (log, clock) = (first.log.clone(), Arc::clone(&first.clock));
    let second = World::node(log, clock, first.mailboxes.clone(), Options::default(), 1).await;
    assert_eq!(answer(&second, PASSWORD).await, OK);
    let (id, secret) = generated(&first, "").await;
    second.settle().await;
    assert_eq!(answer(&second, PASSWORD).await, UNAUTHORIZED);
    assert_eq!(answer(&second, &secret).await, OK);
    delete(&first, &id).await;
    second.settle().await;
    assert_eq!(answer(&second, &secret).await, UNAUTHORIZED);
}
