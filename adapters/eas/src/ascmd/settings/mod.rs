//! Room under construction.
use crate::{
    answer::{Answer, CommonStatus, Failure},
    context::{Context, RequestBody},
};

#[expect(missing_docs, clippy::missing_errors_doc, clippy::unused_async, reason = "under construction")]
pub async fn handle(_context: &Context, _body: RequestBody) -> Result<Answer, Failure> {
    Err(Failure::status(CommonStatus::CommandNotSupported, "under construction"))
}
