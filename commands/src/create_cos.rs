//! Creates a class of service.

use syncledger_domain::{
    directory::{self, Cos, Refusal},
    event::StreamId,
    ids::CosId,
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Creates a class of service.
///
/// # Errors
/// [`Refusal::CosExists`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    id: &CosId,
) -> Result<Executed<Cos>, CommandError<Refusal>> {
    let decide = |cos: &Cos| directory::create_cos(cos, id.clone());
    repository.execute(issuer, &StreamId::cos(id), decide).await
}
