use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::timeout;

use super::world::{World, seconds};
use crate::jobs::{
    Context,
    run::{self, Job, Wait},
};

/// Panics in its first round, fails in the second, and works from then on.
struct Unlucky(Arc<AtomicU32>);

impl Job for Unlucky {
    const NAME: &'static str = "unlucky";

    async fn round(&mut self, _: &Context) -> anyhow::Result<Wait> {
        match self.0.fetch_add(1, Relaxed) {
            0 => panic!("a fault of ours"),
            1 => anyhow::bail!("a fault of others"),
            _ => Ok(Wait::just(Duration::from_mins(1))),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_outlives_faults_and_ends_with_its_node() {
    let world = World::new().await;
    let (context, _views) = world.context("one").await;
    let rounds = Arc::new(AtomicU32::new(0));
    let job = tokio::spawn(run::run(Unlucky(rounds.clone()), context.clone()));
    seconds(2).await;
    assert_eq!(rounds.load(Relaxed), 2);
    seconds(2).await;
    assert_eq!(rounds.load(Relaxed), 3);
    seconds(600).await;
    assert_eq!(rounds.load(Relaxed), 13, "one a minute");
    context.services.shutdown.cancel();
    timeout(Duration::from_secs(1), job).await.expect("it ends").unwrap();
}

#[tokio::test(start_paused = true)]
async fn all_jobs_end_with_their_node() {
    let world = World::new().await;
    world.set("abqNotificationsInterval", "3600000").await;
    world.set("mobileStateRetention", "90:1:3").await;
    let mut node = world.start("one").await;
    seconds(10).await;
    node.context.services.shutdown.cancel();
    let all = async {
        while let Some(ended) = node.tasks.join_next().await {
            ended.unwrap();
        }
    };
    timeout(Duration::from_secs(1), all).await.expect("they end");
}
