//! The stable code of any error a call ends with: what scripts match on.
//!
//! An aggregate that can refuse is a new line in [`of_refusal`].

use std::error::Error;

use clap::error::ErrorKind;
use syncledger_commands::CommandError;
use syncledger_domain::{
    abq, abq_messages,
    codes::{BAD_DEVICE_ID, INTERNAL, INVALID_VALUE, USAGE},
    config::AttributeError,
    device, directory, eas_filter, folders,
    ids::InvalidId,
    loggers, services,
};

use crate::refusal::Refused;

/// The code of the first cause that has one; [`INTERNAL`] when none has.
pub(crate) fn of(error: &anyhow::Error) -> &'static str {
    // A refusal may also have been added as context, where the chain does not show its type.
    let refused = error.downcast_ref::<Refused>().map(Refused::code);
    refused.or_else(|| error.chain().find_map(of_cause)).unwrap_or(INTERNAL)
}

fn of_cause(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(refused) = cause.downcast_ref::<Refused>() {
        return Some(refused.code());
    }
    if let Some(wrong) = cause.downcast_ref::<clap::Error>() {
        return Some(of_call(wrong));
    }
    if let Some(invalid) = cause.downcast_ref::<InvalidId>() {
        return Some(if invalid.field == "DeviceId" { BAD_DEVICE_ID } else { INVALID_VALUE });
    }
    of_refusal(cause)
}

/// Refusals of the domain, alone and as the end of a command.
fn of_refusal(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    macro_rules! first_of {
        ($($refusal:ty),+ $(,)?) => {
            $(
                if let Some(refusal) = cause.downcast_ref::<$refusal>() {
                    return Some(refusal.code());
                }
                if let Some(CommandError::Refused(refusal)) = cause.downcast_ref::<CommandError<$refusal>>() {
                    return Some(refusal.code());
                }
            )+
        };
    }
    first_of!(
        AttributeError,
        abq::Refusal,
        abq_messages::Refusal,
        device::Refusal,
        directory::Refusal,
        eas_filter::Refusal,
        folders::Refusal,
        loggers::Refusal,
        services::Refusal,
    );
    None
}

/// A call that clap refuses: a value that is none has the code its type gives, anything else is [`USAGE`].
pub(crate) fn of_call(wrong: &clap::Error) -> &'static str {
    match wrong.kind() {
        ErrorKind::ValueValidation => wrong.source().and_then(of_cause).unwrap_or(INVALID_VALUE),
        ErrorKind::InvalidValue => INVALID_VALUE,
        _ => USAGE,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use clap::Parser as _;
    use syncledger_domain::{codes, config::registry};

    use super::*;

    fn unknown_attribute() -> AttributeError {
        registry::find("abqMod").unwrap_err()
    }

    #[test]
    fn each_kind_of_refusal_has_its_code_however_deep_it_lies() {
        let filter = || CommandError::Refused(eas_filter::Refusal::TooMany);
        for (error, code) in [
            (anyhow::Error::from(Refused::new(codes::NO_SUCH_ACCOUNT, "x")), codes::NO_SUCH_ACCOUNT),
            (anyhow::anyhow!("x").context(Refused::new(codes::NO_SUCH_DEVICE, "x")), codes::NO_SUCH_DEVICE),
            (unknown_attribute().into(), codes::NO_SUCH_ATTRIBUTE),
            (
                CommandError::Refused(directory::Refusal::Attribute(unknown_attribute())).into(),
                codes::NO_SUCH_ATTRIBUTE,
            ),
            (CommandError::Refused(directory::Refusal::NoSuchAccount).into(), codes::NO_SUCH_ACCOUNT),
            (CommandError::Refused(device::Refusal::NotRegistered).into(), codes::NO_SUCH_DEVICE),
            (filter().into(), codes::INVALID_VALUE),
            (
                Err::<(), _>(filter()).context("while adding").context("deeper").unwrap_err(),
                codes::INVALID_VALUE,
            ),
            (CommandError::<abq::Refusal>::Log("the disk is full".to_owned()).into(), codes::INTERNAL),
            (anyhow::anyhow!("something"), codes::INTERNAL),
        ] {
            assert_eq!(of(&error), code, "{error:#}");
        }
    }

    #[test]
    fn a_wrong_call_is_usage_and_a_wrong_value_is_what_its_type_says() {
        let long = "x".repeat(200);
        for (words, code) in [
            (vec!["frobnicate"], codes::USAGE),
            (vec!["device", "info", "alice@example.com"], codes::USAGE),
            (vec!["device", "remove", "alice@example.com", &long], codes::BAD_DEVICE_ID),
            (vec!["cos", "create", ""], codes::INVALID_VALUE),
        ] {
            let words = std::iter::once("syncledger").chain(words);
            let error = crate::args::Args::try_parse_from(words).unwrap_err();
            assert_eq!(of(&error.into()), code);
        }
    }
}
