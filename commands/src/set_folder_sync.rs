//! Shows a folder to devices, or keeps it from them.

use syncledger_domain::{
    event::StreamId,
    folders::{self, FolderMap, Refusal},
    ids::{AccountId, FolderId},
};

use crate::{CommandError, Executed, Issuer, Repository};

/// Shows a folder of an account to all its devices, or keeps it from them with all that is inside it. Appends nothing when
/// it is so already.
///
/// # Errors
/// [`Refusal`], or a failure of the log.
pub async fn run(
    repository: &Repository,
    issuer: &Issuer,
    account: AccountId,
    folder: FolderId,
    enabled: bool,
) -> Result<Executed<FolderMap>, CommandError<Refusal>> {
    let decide = |map: &FolderMap| folders::set_folder_sync(map, folder, enabled);
    repository.execute(issuer, &StreamId::folders(account), decide).await
}
