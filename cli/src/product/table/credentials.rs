//! Passwords for single services.

use syncledger_domain::codes::USAGE;

use super::super::{
    row::{ACCOUNT, Call, Effect, Given, Kind, Param, Row, STRING, may, must},
    shapes::{self, credentials},
};
use crate::refusal::Refused;

const PASSWORD_ID: Param = must("password_id", STRING);

pub(super) const ROWS: &[Row] = &[
    Row {
        words: &["auth", "credential", "add"],
        params: &[
            must("account", ACCOUNT),
            may("password", STRING),
            may("label", STRING),
            may("qrcode", Kind::Boolean),
            may("url", STRING),
            may("service", Kind::List("Service")),
        ],
        meaning: "Gives an account a password for single services, generated when none is said; it is shown only now.",
        examples: &[
            "auth credential add john@example.com",
            "auth credential add john@example.com label phone service EAS qrcode true url https://mail.example.com",
            "auth credential add john@example.com password \"a secret\" label tablet",
        ],
        effect: Effect::Native { calls: add, shape: credentials::added },
    },
    Row {
        words: &["auth", "credential", "list"],
        params: &[must("account", ACCOUNT)],
        meaning: "Shows the passwords for single services of an account, without their secrets.",
        examples: &["auth credential list john@example.com"],
        effect: Effect::Native {
            calls: |given| Call::new(&["credential", "list"]).value(given.text("account")).only(),
            shape: credentials::list,
        },
    },
    Row {
        words: &["auth", "credential", "update"],
        params: &[
            must("account", ACCOUNT),
            PASSWORD_ID,
            may("label", STRING),
            may("enabled", Kind::Boolean),
            may("service", Kind::List("Service")),
        ],
        meaning: "Changes a password's label, its services or whether it may be used; the secret stays.",
        examples: &[
            "auth credential update john@example.com Fr2jM label phone",
            "auth credential update john@example.com Fr2jM enabled false service EAS,Dav",
        ],
        effect: Effect::Native { calls: update, shape: credentials::updated },
    },
    Row {
        words: &["auth", "credential", "delete"],
        params: &[must("account", ACCOUNT), PASSWORD_ID],
        meaning: "Deletes a password for single services.",
        examples: &["auth credential delete john@example.com Fr2jM"],
        effect: Effect::Native {
            calls: |given| {
                Call::new(&["credential", "delete"])
                    .value(given.text("account"))
                    .value(given.text("password_id"))
                    .only()
            },
            shape: shapes::confirmed,
        },
    },
];

/// The picture of a QR code is for people: programs get what it says.
fn add(given: &Given) -> Result<Vec<Call>, Refused> {
    let (drawn, url) = (given.is("qrcode"), given.value("url"));
    let call =
        options(Call::new(&["credential", "add"]), given).option("--password", given.value("password"));
    let call = call.flag("--qr", drawn).option("--url", url.filter(|_| drawn)).value(given.text("account"));
    if drawn { call.drawn().only() } else { call.only() }
}

fn update(given: &Given) -> Result<Vec<Call>, Refused> {
    if ["label", "enabled", "service"].iter().all(|name| given.value(name).is_none()) {
        return Err(Refused::new(USAGE, "nothing to change: allowed are label, enabled and service"));
    }
    let call = options(Call::new(&["credential", "update"]), given);
    let call = match given.value("enabled") {
        Some("true") => call.flag("--enable", true),
        enabled => call.flag("--disable", enabled.is_some()),
    };
    call.value(given.text("account")).value(given.text("password_id")).only()
}

fn options(call: Call, given: &Given) -> Call {
    call.option("--label", given.value("label")).option("--service", given.value("service"))
}
