//! Lost answers, hang-ups and repetitions: the phone ends with what the mailbox holds, and nothing happens twice.

use syncledger_simulator::{
    Command, Error, Fault, Keep, Phone, ascmd::send_mail::Sending, store::ClientCommand,
};
use syncledger_wbxml::{
    Element,
    pages::{air_sync, email},
};

use crate::{
    canned::{Answer, Server},
    mailbox::Shared,
};

fn draft(subject: &str) -> Element {
    Element::new(air_sync::APPLICATION_DATA).with(Element::text(email::SUBJECT, subject))
}

/// A phone that has the Inbox of five messages.
async fn in_sync(shared: &Shared, server: &Server) -> Phone {
    let mut config = server.config();
    config.window_size = 2;
    let mut phone = Phone::new(config).unwrap();
    phone.folder_sync().await.unwrap();
    phone.sync_folders(&["2", "21"]).await.unwrap();
    phone.verify_against(shared.content()).unwrap();
    phone
}

#[tokio::test]
async fn a_lost_answer_makes_the_identical_request_again() {
    let shared = Shared::with_inbox(5);
    let server = shared.serve().await;
    let mut phone = in_sync(&shared, &server).await;
    let before = server.received().len();
    shared.lock().deliver("2", "new");
    phone.lose_next_answer();
    phone.sync_folder("2").await.unwrap();
    let received = server.received().split_off(before);
    assert_eq!(received.len(), 2);
    assert_eq!((&received[0].line, &received[0].body), (&received[1].line, &received[1].body));
    phone.verify_against(shared.content()).unwrap();
    assert_eq!(phone.totals().repeats, 1);
    assert_eq!((phone.state().anomalies.clone(), phone.state().resyncs_from_zero), (Vec::new(), 0));
}

/// What a new phone asks of an Inbox of five: the tree, key 0, three windows, the user's changes.
const REQUESTS: usize = 6;

#[tokio::test]
async fn whatever_happens_at_whichever_request_nothing_is_lost_or_doubled() {
    for fault in
        [Fault::LoseAnswer, Fault::HangUp, Fault::Duplicate(Keep::First), Fault::Duplicate(Keep::Last)]
    {
        for (at, times) in (0..REQUESTS).flat_map(|at| [(at, 1), (at, 2)]) {
            let case = format!("{times} times {fault:?} at request {at}");
            let shared = Shared::with_inbox(5);
            let server = shared.serve().await;
            let mut config = server.config();
            config.window_size = 2;
            let mut phone = Phone::new(config).unwrap();
            let before = std::iter::repeat_n(Fault::Spare, at);
            for fault in before.chain(std::iter::repeat_n(fault, times)) {
                phone.inject(None, fault);
            }
            phone.folder_sync().await.unwrap();
            phone.sync_folder("2").await.unwrap();
            let first = shared.lock().items["2"].keys().next().unwrap().clone();
            phone.queue("2", [ClientCommand::SetRead { server_id: first.clone(), read: true }]);
            phone.queue_add("2", draft("mine"));
            phone.sync_folder("2").await.unwrap();

            phone.verify_against(shared.content()).unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(shared.lock().items["2"].len(), 6, "{case}");
            assert!(shared.lock().items["2"][&first].read, "{case}");
            assert_eq!(phone.state().anomalies, [], "{case}");
            if fault == Fault::LoseAnswer {
                // With the others a late request may supersede the key of an answer that was used.
                assert_eq!(phone.state().resyncs_from_zero, 0, "{case}");
                assert_eq!(server.received().len(), REQUESTS + times, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn an_added_item_is_made_once_though_the_answer_is_lost() {
    let shared = Shared::with_inbox(0);
    let server = shared.serve().await;
    let mut phone = in_sync(&shared, &server).await;
    phone.config_mut().repeat.times = 0;
    let client_id = phone.queue_add("2", draft("mine"));
    phone.lose_next_answer();
    let lost = phone.sync_folder("2").await.unwrap_err();
    assert!(matches!(lost, Error::AnswerLost { command: Command::Sync }) && lost.answer_missing());
    assert!(phone.state().items("2").next().is_none(), "the phone has learnt nothing");

    // The process restarts in between.
    let memory = phone.save().unwrap();
    let mut phone = Phone::load(server.config(), &memory).unwrap();
    let run = phone.sync_folder("2").await.unwrap();
    assert_eq!(run.replies[0].command.id(), client_id);
    assert_eq!(shared.content(), [("Inbox".to_owned(), "mine".to_owned())]);
    phone.verify_against(shared.content()).unwrap();
    assert_eq!(phone.state().anomalies, []);
}

#[tokio::test]
async fn a_hang_up_sends_the_whole_request_and_drops_its_connection() {
    let shared = Shared::with_inbox(1);
    let server = shared.serve().await;
    let mut phone = in_sync(&shared, &server).await;
    let before = server.received();
    phone.hang_up_midway();
    phone.sync_folder("2").await.unwrap();
    let mut received = server.received().split_off(before.len());
    // The two travel on connections of their own and may overtake each other.
    received.sort_by_key(|request| request.connection);
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].body, received[1].body);
    let mut headers = received.iter().map(|request| {
        let mut headers = request.headers.clone();
        headers.sort();
        headers
    });
    assert_eq!(headers.next(), headers.next(), "both ways of writing a request say the same");
    assert_ne!(received[0].connection, received[1].connection);
}

#[tokio::test]
async fn a_duplicate_goes_out_on_two_connections() {
    let shared = Shared::with_inbox(1);
    let server = shared.serve().await;
    let mut phone = in_sync(&shared, &server).await;
    let before = server.received().len();
    phone.duplicate_next();
    phone.sync_folder("2").await.unwrap();
    let received = server.received().split_off(before);
    assert_eq!(received.len(), 2);
    assert_eq!((&received[0].line, &received[0].body), (&received[1].line, &received[1].body));
    assert_ne!(received[0].connection, received[1].connection);
    let sent: u64 = server.received().iter().map(|request| request.bytes as u64).sum();
    assert_eq!(phone.totals().bytes_out, sent, "both are counted");
}

#[tokio::test]
async fn a_mail_whose_answer_was_lost_is_known_to_be_sent() {
    let shared = Shared::with_inbox(0);
    let server = shared.serve().await;
    let mut phone = Phone::new(server.config()).unwrap();
    phone.inject(Some(Command::SendMail), Fault::LoseAnswer);
    let mime = b"To: bob@example.com\r\nSubject: x\r\n\r\n";
    assert_eq!(phone.send_mail(mime, true).await.unwrap(), Sending::SentBefore);
    assert_eq!(phone.send_mail(mime, true).await.unwrap(), Sending::Sent, "another ClientId");
    assert_eq!(shared.lock().sent.values().copied().collect::<Vec<_>>(), [2, 1]);
}

#[tokio::test]
async fn a_refused_key_starts_from_zero_and_is_counted() {
    let shared = Shared::with_inbox(5);
    let server = shared.serve().await;
    let mut phone = in_sync(&shared, &server).await;
    shared.lock().forget("2");
    let run = phone.sync_folder("2").await.unwrap();
    assert_eq!((run.resyncs, run.adds), (1, 5));
    assert_eq!(phone.state().resyncs_from_zero, 1);
    phone.verify_against(shared.content()).unwrap();
}

#[tokio::test]
async fn an_overloaded_server_is_asked_again_and_then_reported() {
    let busy = || Answer::status(503).with("Retry-After", "0");
    let server =
        Server::saying([busy(), busy(), Answer::golden("07-foldersync", "answer: nothing new")]).await;
    let mut phone = Phone::new(server.config()).unwrap();
    phone.folder_sync().await.unwrap();
    assert_eq!((server.received().len(), phone.totals().repeats), (3, 2));

    let server = Server::saying([Answer::status(503).with("Retry-After", "7")]).await;
    let mut config = server.config();
    config.repeat.times = 0;
    let refused = Phone::new(config).unwrap().folder_sync().await.unwrap_err();
    assert_eq!(refused.to_string(), "FolderSync: HTTP 503, try again in 7 s");
}

#[tokio::test]
async fn a_broken_connection_is_repeated_and_then_reported() {
    let answer = Answer::golden("07-foldersync", "answer: nothing new");
    let half = Answer::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_vec());
    let server = Server::saying([Answer::Close, half, answer]).await;
    let mut phone = Phone::new(server.config()).unwrap();
    phone.folder_sync().await.unwrap();
    assert_eq!(phone.totals().repeats, 2);

    let server = Server::saying([Answer::Close]).await;
    let mut phone = Phone::new(server.config()).unwrap();
    let refused = phone.folder_sync().await.unwrap_err();
    assert!(matches!(refused, Error::Transport { command: Command::FolderSync, .. }), "{refused}");
    assert_eq!(server.received().len(), 3, "once and two repetitions");
}
