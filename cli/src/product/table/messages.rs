//! Messages for devices that are not let in.

use super::super::{
    row::{Call, DOMAIN, Effect, Given, Kind, PATH, Param, Row, may, must},
    shapes::{self, messages},
};

const TYPE: Param = must("type", Kind::OneOf(&["blocked", "quarantined"]));
const LOCALE: Kind = Kind::OneOfOr(&["default"], "Locale");
const SHOWN: Kind = Kind::OneOfOr(&["all", "default"], "Locale");

/// What a message consists of, with the option that sets it.
const FIELDS: [(&str, &str); 7] = [
    ("from", "--from"),
    ("reply_to", "--reply-to"),
    ("subject", "--subject"),
    ("body_plain", "--body-plain"),
    ("body_plain_file", "--body-plain-file"),
    ("body_html", "--body-html"),
    ("body_html_file", "--body-html-file"),
];

macro_rules! with_fields {
    ($($mandatory:expr),+) => {
        &[
            $($mandatory,)+
            may("from", Kind::Clearable),
            may("reply_to", Kind::Clearable),
            may("subject", Kind::Clearable),
            may("body_plain", Kind::Clearable),
            may("body_plain_file", PATH),
            may("body_html", Kind::Clearable),
            may("body_html_file", PATH),
        ]
    };
}

const SET: Effect = Effect::Native { calls: |given| with_all_fields(given).only(), shape: messages::stored };
const GET: Effect = Effect::Native {
    calls: |given| call("get", given).value(given.text("locale")).only(),
    shape: messages::shown,
};
const DELETE: Effect = Effect::Native {
    calls: |given| call("delete", given).value(given.text("locale")).only(),
    shape: shapes::confirmed,
};
const DUPLICATE: Effect = Effect::Native {
    calls: |given| {
        call("duplicate", given).value(given.text("locale_from")).value(given.text("locale_to")).only()
    },
    shape: shapes::confirmed,
};

pub(super) const ROWS: &[Row] = &[
    Row {
        words: &["mobile", "setABQMessage", "global"],
        params: with_fields![TYPE, must("locale", LOCALE)],
        meaning: "Sets the message a device that is not let in shows; only what is given changes.",
        examples: &[
            "mobile setABQMessage global quarantined default from support@example.com subject \"Your device waits\"",
            "mobile setABQMessage global blocked fr reply_to support@example.com body_plain_file /tmp/body.txt",
        ],
        effect: SET,
    },
    Row {
        words: &["mobile", "setABQMessage", "domain"],
        params: with_fields![must("domain", DOMAIN), TYPE, must("locale", LOCALE)],
        meaning: "Sets the message for the accounts of a domain; only what is given changes.",
        examples: &[
            "mobile setABQMessage domain example.com quarantined default subject \"Your device waits\"",
        ],
        effect: SET,
    },
    Row {
        words: &["mobile", "getABQMessage", "global"],
        params: &[TYPE, must("locale", SHOWN)],
        meaning: "Shows the message of a language, or of all languages.",
        examples: &[
            "mobile getABQMessage global quarantined all",
            "mobile getABQMessage global blocked default",
        ],
        effect: GET,
    },
    Row {
        words: &["mobile", "getABQMessage", "domain"],
        params: &[must("domain", DOMAIN), TYPE, must("locale", SHOWN)],
        meaning: "Shows the message of a domain in a language, or in all languages.",
        examples: &["mobile getABQMessage domain example.com quarantined fr"],
        effect: GET,
    },
    Row {
        words: &["mobile", "deleteABQMessage", "global"],
        params: &[TYPE, must("locale", LOCALE)],
        meaning: "Deletes the message of a language.",
        examples: &["mobile deleteABQMessage global quarantined fr"],
        effect: DELETE,
    },
    Row {
        words: &["mobile", "deleteABQMessage", "domain"],
        params: &[must("domain", DOMAIN), TYPE, must("locale", LOCALE)],
        meaning: "Deletes the message of a domain in a language.",
        examples: &["mobile deleteABQMessage domain example.com quarantined default"],
        effect: DELETE,
    },
    Row {
        words: &["mobile", "duplicateABQMessage", "global"],
        params: &[TYPE, must("locale_from", LOCALE), must("locale_to", LOCALE)],
        meaning: "Copies a message to another language, to be translated there.",
        examples: &["mobile duplicateABQMessage global quarantined default it"],
        effect: DUPLICATE,
    },
    Row {
        words: &["mobile", "duplicateABQMessage", "domain"],
        params: &[must("domain", DOMAIN), TYPE, must("locale_from", LOCALE), must("locale_to", LOCALE)],
        meaning: "Copies a message of a domain to another language, to be translated there.",
        examples: &["mobile duplicateABQMessage domain example.com quarantined default it"],
        effect: DUPLICATE,
    },
    Row {
        words: &["mobile", "initABQMessage"],
        params: &[must("action", Kind::OneOf(&["all"])), may("force", Kind::Boolean)],
        meaning: "Stores the built-in messages of all languages; those that were changed stay unless forced.",
        examples: &["mobile initABQMessage all", "mobile initABQMessage all force true"],
        effect: Effect::Native {
            calls: |given| Call::new(&["abq", "message", "init"]).flag("--force", given.is("force")).only(),
            shape: shapes::confirmed,
        },
    },
];

fn call(verb: &str, given: &Given) -> Call {
    let call = Call::new(&["abq", "message", verb]).option("--domain", given.value("domain"));
    call.value(given.text("type"))
}

fn with_all_fields(given: &Given) -> Call {
    let call = call("set", given).value(given.text("locale"));
    FIELDS.into_iter().fold(call, |call, (name, option)| call.option(option, given.value(name)))
}
