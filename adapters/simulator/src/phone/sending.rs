//! One request, sent until an answer comes: repetitions, and the accidents that were ordered.

use std::time::Duration;

use tokio::time::Instant;

use super::Phone;
use crate::{
    error::Error,
    fault::{Fault, Keep},
    wire::{Exchange, WireAnswer, WireRequest, decode_answer},
};

impl Phone {
    /// Sends until an answer comes or patience ends.
    pub(super) async fn perform(&mut self, request: &WireRequest) -> Result<Exchange, Error> {
        let (start, before) = (Instant::now(), self.totals());
        let mut left = self.config.repeat.times;
        let outcome = loop {
            self.totals.requests += 1;
            let outcome = self.attempt(request).await;
            let Some(pause) = self.pause_before_repeat(&outcome).filter(|_| left > 0) else { break outcome };
            left -= 1;
            self.totals.repeats += 1;
            tokio::time::sleep(pause).await;
        };
        let (duration, after) = (start.elapsed(), self.totals());
        let bytes = (after.bytes_out - before.bytes_out, after.bytes_in - before.bytes_in);
        let exchange =
            decode_answer(request.command, outcome?, self.config.max_answer_bytes, bytes, duration)?;
        tracing::debug!(
            eas.command = request.command.name(),
            http.status = exchange.status,
            bytes_out = bytes.0,
            bytes_in = bytes.1,
            duration_ms = duration.as_millis(),
            "exchange"
        );
        Ok(exchange)
    }

    /// `Some` if the same request is worth another try.
    fn pause_before_repeat(&self, outcome: &Result<WireAnswer, Error>) -> Option<Duration> {
        let repeat = self.config.repeat;
        match outcome {
            Err(Error::AnswerLost { .. }) => Some(Duration::ZERO),
            Err(error) => error.answer_missing().then_some(repeat.pause),
            Ok(answer) if answer.status == 503 => {
                let asked = answer.headers.get(http::header::RETRY_AFTER);
                let seconds = asked.and_then(|value| value.to_str().ok()?.trim().parse().ok());
                let asked = Duration::from_secs(seconds.unwrap_or(0));
                Some(asked.min(repeat.longest_pause).max(repeat.pause))
            }
            Ok(_) => None,
        }
    }

    /// Sends once, with the accident that was ordered.
    async fn attempt(&mut self, request: &WireRequest) -> Result<WireAnswer, Error> {
        let command = request.command;
        match self.faults.take(command) {
            None | Some(Fault::Spare) => self.wire.send(request).await,
            Some(Fault::LoseAnswer) => {
                self.wire.send(request).await?;
                Err(Error::AnswerLost { command })
            }
            Some(Fault::HangUp) => {
                self.wire.send_and_hang_up(request).await?;
                Err(Error::AnswerLost { command })
            }
            Some(Fault::Duplicate(keep)) => self.send_twice(request, keep).await,
        }
    }

    async fn send_twice(&mut self, request: &WireRequest, keep: Keep) -> Result<WireAnswer, Error> {
        self.totals.requests += 1;
        let mut twin = self.wire.twin();
        let (first, last) = {
            let (one, two) = (self.wire.send(request), twin.send(request));
            tokio::pin!(one, two);
            tokio::select! {
                first = &mut one => (first, two.await),
                first = &mut two => (first, one.await),
            }
        };
        let (bytes_out, bytes_in) = twin.traffic();
        self.totals.bytes_out += bytes_out;
        self.totals.bytes_in += bytes_in;
        match keep {
            Keep::First => first.or(last),
            Keep::Last => last.or(first),
        }
    }
}
