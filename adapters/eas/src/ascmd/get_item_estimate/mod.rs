//! GetItemEstimate: how many operations the next Syncs would bring (MS-ASCMD, "GetItemEstimate").
//!
//! Counts by the rule by which Sync delivers and moves no key. Each collection ends with its own Status: 1, 2 (no such
//! collection), 3 (never synchronised), 4 (key not good), 110 (a filter of another class).

mod request;
#[cfg(test)]
mod tests;

use syncledger_domain::{
    ids::{CollectionId, FolderId, SyncKey},
    ports::mailbox::{FolderClass, MailboxError},
    sync_state::{Limits, Refusal, plan},
};
use syncledger_wbxml::{Element, pages::get_item_estimate as g};

use request::EstimateRequest;

use crate::{
    answer::{Answer, CommonStatus, Failure},
    ascmd::sync::options::asks_for_other_parts_than_html,
    context::{Context, RequestBody},
    items,
    news::{self, Watched},
};

/// Status codes of a collection (MS-ASCMD, "Status (GetItemEstimate)").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
enum EstimateStatus {
    Success = 1,
    InvalidCollection = 2,
    NotPrimed = 3,
    InvalidSyncKey = 4,
    FilterNotForClass = 110,
}

/// Answers a GetItemEstimate.
///
/// # Errors
/// Common failures; 103 for a request the schema forbids; 164 for parts of bodies that are not HTML; 503 when the mailbox is down.
pub async fn handle(context: &Context, body: RequestBody) -> Result<Answer, Failure> {
    let root = body.document(g::GET_ITEM_ESTIMATE)?;
    let requests = request::parse(&root, context.version)
        .map_err(|reason| Failure::status(CommonStatus::InvalidXml, reason))?;
    if requests.iter().any(|request| asks_for_other_parts_than_html(request.options.as_ref())) {
        let reason = "BodyPartPreference of another Type than 2";
        return Err(Failure::status(CommonStatus::BodyPartPreferenceTypeNotSupported, reason));
    }
    let mut answer = Element::new(g::GET_ITEM_ESTIMATE);
    for request in &requests {
        let (status, estimate, class) = estimate(context, request).await?;
        let mut collection = Element::new(g::COLLECTION);
        if !context.version.reports_errors_in_body()
            && let Some(class) = class
        {
            collection.push(Element::text(g::CLASS, class));
        }
        collection.push(Element::text(g::COLLECTION_ID, request.collection_id.clone()));
        collection.push(Element::text(g::ESTIMATE, estimate.to_string()));
        answer.push(
            Element::new(g::RESPONSE)
                .with(Element::text(g::STATUS, (status as u16).to_string()))
                .with(collection),
        );
    }
    Ok(Answer::Wbxml(answer))
}

type Estimated = (EstimateStatus, usize, Option<&'static str>);

async fn estimate(context: &Context, request: &EstimateRequest) -> Result<Estimated, Failure> {
    let failed = |status| Ok((status, 0, None));
    let Ok(id) = request.collection_id.parse::<FolderId>() else {
        return failed(EstimateStatus::InvalidCollection);
    };
    let map = context.folder_map().await?;
    let Some(folder) = Watched::of(context.world, &map.state, id) else {
        return failed(EstimateStatus::InvalidCollection);
    };
    let key = match SyncKey::parse(&request.sync_key) {
        Ok(Some(key)) => key,
        Ok(None) => return failed(EstimateStatus::NotPrimed),
        Err(_) => return failed(EstimateStatus::InvalidSyncKey),
    };
    let states = &context.services.sync_states;
    let loaded = states.peek(context.account, &context.device, CollectionId::Folder(id)).await?;
    let state = &loaded.state;
    let standing = match state.standing(key) {
        Ok(standing) => standing,
        Err(Refusal::NotStarted) => return failed(EstimateStatus::NotPrimed),
        Err(Refusal::OtherGeneration { .. } | Refusal::UnknownKey { .. }) => {
            return failed(EstimateStatus::InvalidSyncKey);
        }
    };
    let index = match news::index(context, folder.key.as_ref()).await {
        Ok(index) => index,
        Err(MailboxError::NoSuchFolder(_)) => return failed(EstimateStatus::InvalidCollection),
        Err(error) => return Err(error.into()),
    };
    let options = request.options.as_ref().or(state.options.as_ref());
    if options.is_some_and(|options| options.filter_type == 8 && folder.class != FolderClass::Tasks) {
        return failed(EstimateStatus::FilterNotForClass);
    }
    let filter = news::filter(context, options, folder.class);
    let everything = Limits { window: usize::MAX, bytes: u64::MAX };
    let planned = plan(&state.baseline(standing), &state.skipped, &index, filter, everything);
    Ok((EstimateStatus::Success, planned.delta.len(), Some(items::class_name(folder.class))))
}
