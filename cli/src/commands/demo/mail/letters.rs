//! What is in the letters.

use std::fmt::Write as _;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use syncledger_domain::event::Timestamp;

use super::mime::{Encoding, Part, latin1, latin1_word, words};

/// A kind of letter.
pub(super) struct Row {
    /// Where such letters lie.
    pub(super) folder: &'static [&'static str],
    /// How they are marked.
    pub(super) usual: Usual,
    /// Writes one.
    pub(super) write: fn(&Scene<'_>) -> Letter,
}

/// How a kind of letter is usually marked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Usual {
    /// Some read, some flagged, some answered.
    Mixed,
    /// Written by the owner: read.
    Mine,
    /// Not read.
    Unread,
}

/// Whose mailbox, and which message of it.
pub(super) struct Scene<'a> {
    pub(super) number: u32,
    pub(super) me: &'a str,
    pub(super) peer: &'a str,
}

/// A message without what depends on the time.
pub(super) struct Letter {
    headers: Vec<(&'static str, String)>,
    content: Part,
}

const INBOX: &[&str] = &["Inbox"];
const WEBSITE: &[&str] = &["Projects", "Website"];

const fn row(folder: &'static [&'static str], usual: Usual, write: fn(&Scene<'_>) -> Letter) -> Row {
    Row { folder, usual, write }
}

/// All kinds, in the order in which they repeat.
pub(super) const LETTERS: [Row; 24] = [
    row(INBOX, Usual::Mixed, lunch),
    row(INBOX, Usual::Mixed, chart),
    row(WEBSITE, Usual::Mixed, page_draft),
    row(&["Receipts"], Usual::Mixed, invoice),
    row(INBOX, Usual::Mixed, checklist),
    row(&["Sent"], Usual::Mine, reply),
    row(INBOX, Usual::Mixed, newsletter),
    row(&["日本語"], Usual::Mixed, japanese),
    row(INBOX, Usual::Mixed, forwarded),
    row(&["Projects", "Website", "Launch"], Usual::Mixed, launch_plan),
    row(INBOX, Usual::Mixed, urgent),
    row(&["Reisen", "Österreich"], Usual::Mixed, train),
    row(&["Drafts"], Usual::Mine, draft),
    row(INBOX, Usual::Mixed, party),
    row(&["Junk"], Usual::Unread, prize),
    row(INBOX, Usual::Mixed, windows),
    row(&["Sent"], Usual::Mine, figures),
    row(INBOX, Usual::Mixed, scan),
    row(&["Archive"], Usual::Mixed, minutes),
    row(INBOX, Usual::Mixed, bounce),
    row(&["Trash"], Usual::Mixed, notification),
    row(INBOX, Usual::Mixed, without_subject),
    row(&["Projects"], Usual::Mixed, list_mail),
    row(INBOX, Usual::Mixed, html_only),
];

impl Letter {
    fn new(from: &str, to: &str, subject: impl AsRef<str>, content: Part) -> Self {
        let headers =
            vec![("From", from.to_owned()), ("To", to.to_owned()), ("Subject", words(subject.as_ref()))];
        Self { headers, content }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(there, _)| *there != name);
        self.headers.push((name, value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(there, _)| *there != name);
        self
    }

    /// The whole message.
    pub(super) fn to_bytes(&self, number: u32, date: Timestamp) -> Vec<u8> {
        let mut out = Vec::new();
        let mut header = |name: &str, value: &str| out.extend(format!("{name}: {value}\r\n").bytes());
        if let Some(date) = rfc5322(date) {
            header("Date", &date);
        }
        header("Message-ID", &message_id(number));
        for (name, value) in &self.headers {
            header(name, value);
        }
        header("MIME-Version", "1.0");
        self.content.write(&format!("sample-{number}"), &mut out);
        out
    }
}

/// RFC 5322, "Date and Time Specification".
pub(in crate::commands::demo) fn rfc5322(date: Timestamp) -> Option<String> {
    let moment = jiff::Timestamp::from_microsecond(date.0).ok()?;
    jiff::fmt::rfc2822::to_string(&moment.to_zoned(jiff::tz::TimeZone::UTC)).ok()
}

fn message_id(number: u32) -> String {
    format!("<sample-{number}@example.com>")
}

/// A small picture: six bars.
fn picture() -> Vec<u8> {
    const BARS: &str = "iVBORw0KGgoAAAANSUhEUgAAABgAAAAQCAIAAACDRijCAAAAMklEQVR42mN48/4jVRDDoDBIr9YIggbUIGTNQ9QgZEUDZxAuRVQziBg29QyiRPMIMQgAc3gEimbqlScAAAAASUVORK5CYII=";
    BASE64_STANDARD.decode(BARS).expect("the picture above is base64")
}

/// A document of one page, small but whole (ISO 32000-1, "File structure").
fn pdf(line: &str) -> Vec<u8> {
    let content = format!("BT /F1 18 Tf 72 720 Td ({line}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = "%PDF-1.4\n".to_owned();
    let mut table = "xref\n0 6\n0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(&objects) {
        // Writing into a String cannot fail.
        let _ = writeln!(table, "{:010} 00000 n ", out.len());
        let _ = writeln!(out, "{number} 0 obj\n{object}\nendobj");
    }
    let start = out.len();
    let _ = write!(out, "{table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    out.into_bytes()
}

fn lunch(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let text = format!(
        "Hi,\n\nshall we have lunch on Thursday? The place round the corner has table {} free at half past \ntwelve, and I would like to hear how the website goes.\n\n-- \nSent from the kitchen\n",
        n % 9 + 1
    );
    let content = Part::leaf("text/plain; charset=us-ascii; format=flowed", Encoding::SevenBit, text);
    Letter::new(scene.peer, scene.me, format!("Lunch on Thursday, table {}?", n % 9 + 1), content)
}

fn chart(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let html = format!(
        "<html><body><h2>Visitors, week {}</h2><p>Six days, six bars:</p><img src=\"cid:chart-{n}@example.com\" alt=\"bar chart\"><p>Best day: {} visitors.</p></body></html>",
        n % 52 + 1,
        900 + n * 17 % 700
    );
    let image = Part::leaf("image/png; name=\"chart.png\"", Encoding::Base64, picture())
        .header(format!("Content-ID: <chart-{n}@example.com>"))
        .header("Content-Disposition: inline; filename=\"chart.png\"");
    let content =
        Part::Multi { subtype: "related; type=\"text/html\"", parts: vec![Part::html(html), image] };
    let from = format!("{} <reports@example.com>", words("Besucherzähler"));
    Letter::new(&from, scene.me, format!("Chart of week {}", n % 52 + 1), content)
}

fn page_draft(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let plain =
        format!("The draft of page {n} is ready.\n\n * new headline\n * shorter text\n * prices in €\n");
    let html = format!(
        "<html><head><style>li {{ color: #2e7d32 }}</style></head><body><p>The draft of page <b>{n}</b> is ready.</p><ul><li>new headline</li><li>shorter text</li><li>prices in &euro;</li></ul></body></html>"
    );
    let content = Part::Multi { subtype: "alternative", parts: vec![Part::text(plain), Part::html(html)] };
    Letter::new(scene.peer, scene.me, format!("Website: draft of page {n}"), content)
}

fn invoice(scene: &Scene<'_>) -> Letter {
    let number = 1000 + scene.number;
    let text = format!(
        "Dear customer,\n\nthank you for your order. Invoice {number} over {},{:02} € is attached.\n",
        20 + number * 13 % 90,
        number % 100
    );
    let document = Part::attachment(
        "application/pdf",
        &format!("invoice-{number}.pdf"),
        pdf(&format!("Invoice {number}")),
    );
    let content = Part::Multi { subtype: "mixed", parts: vec![Part::text(text), document] };
    Letter::new(
        "\"Orders, Example Shop\" <orders@example.com>",
        scene.me,
        format!("Invoice {number}"),
        content,
    )
}

fn checklist(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let list = format!("\u{feff}Prüfliste {n}\r\n[ ] Türen\r\n[ ] Lüftung\r\n[x] Schlüssel\r\n");
    let attachment =
        Part::attachment("text/plain; charset=utf-8", &format!("Prüfliste {n} – Büro.txt"), list);
    let text = Part::text("Anbei die Prüfliste. Bitte bis Freitag ausgefüllt zurück.\n\nViele Grüße\n");
    let content = Part::Multi { subtype: "mixed", parts: vec![text, attachment] };
    let from = format!("{} <buero@example.com>", latin1_word("Büro"));
    Letter::new(
        &from,
        scene.me,
        format!("Prüfliste {n} für das Büro: bitte ausfüllen und zurückschicken"),
        content,
    )
}

fn reply(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let about = message_id(n.saturating_sub(5));
    let text = "Thursday is fine, see you there.\n\nOn some earlier day you wrote:\n> Hi,\n>\n> shall we have lunch on Thursday?\n";
    Letter::new(
        scene.me,
        scene.peer,
        format!("Re: Lunch on Thursday, table {}?", n % 9 + 1),
        Part::text(text),
    )
    .with("In-Reply-To", about.clone())
    .with("References", about)
}

fn newsletter(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let html = format!(
        "<html><head><title>Neues</title></head><body bgcolor=\"#eceff1\"><table width=\"100%\"><tr><td><h1>Neues für den Frühling, Nr. {n}</h1><p>Süße Äpfel, große Körbe, schöne Gärten.</p><p><a href=\"https://www.example.com/fr%C3%BChling?n={n}\">Weiterlesen</a></p></td></tr></table></body></html>"
    );
    let content = Part::leaf("text/html; charset=iso-8859-1", Encoding::QuotedPrintable, latin1(&html));
    let from = format!("{} <newsletter@example.com>", latin1_word("Gärtnerei"));
    Letter::new(&from, scene.me, "", content)
        .with("Subject", latin1_word(&format!("Neues für den Frühling, Nr. {n}")))
        .with("List-Unsubscribe", "<mailto:unsubscribe@example.com>")
        .with("Precedence", "bulk")
}

fn japanese(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let text = format!(
        "お世話になっております。\n\n第{n}号の資料をお送りします。ご確認ください。\n\nよろしくお願いいたします。\n"
    );
    let content = Part::leaf("text/plain; charset=utf-8", Encoding::Base64, text);
    let from = format!("{} <office@example.com>", words("経理部"));
    Letter::new(
        &from,
        scene.me,
        format!("資料のご送付（第{n}号）について、ご確認をお願いいたします"),
        content,
    )
}

fn forwarded(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let inner = Letter::new(
        "Example Museum <museum@example.com>",
        scene.peer,
        format!("Opening hours, notice {n}"),
        Part::text("From next month on we open at ten.\n"),
    );
    let inside = inner.to_bytes(n + 1_000_000, Timestamp::from_seconds(1_700_000_000 + i64::from(n)));
    let message = Part::leaf("message/rfc822", Encoding::SevenBit, inside)
        .header("Content-Disposition: attachment; filename=\"Opening hours.eml\"");
    let text = Part::text("For your information; the original is attached.\n");
    let content = Part::Multi { subtype: "mixed", parts: vec![text, message] };
    Letter::new(scene.peer, scene.me, format!("Fwd: Opening hours, notice {n}"), content)
}

fn launch_plan(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let both = Part::Multi {
        subtype: "alternative",
        parts: vec![
            Part::text(format!("Plan {n} with the picture and the raw data.\n")),
            Part::html(format!("<p>Plan <i>{n}</i> with the picture and the raw data.</p>")),
        ],
    };
    let data: Vec<u8> = (0..3000_u32).map(|at| at.wrapping_mul(n + 31).to_le_bytes()[1]).collect();
    let parts = vec![
        both,
        Part::attachment("image/png", "plan.png", picture()),
        Part::attachment("application/octet-stream", "raw data.bin", data),
    ];
    let content = Part::Multi { subtype: "mixed", parts };
    Letter::new(scene.peer, scene.me, format!("Launch plan, version {n}"), content)
        .with("Cc", "team@example.com")
}

fn urgent(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let team: Vec<String> = (1..=12).map(|seat| format!("desk{seat}@example.com")).collect();
    let text = format!("The door on floor {} does not close. Please use the other one.\n", n % 5 + 1);
    let content = Part::leaf("text/plain; charset=utf-8", Encoding::EightBit, text);
    Letter::new(
        "Facilities <facilities@example.com>",
        scene.me,
        format!("Door on floor {} is broken", n % 5 + 1),
        content,
    )
    .with("Cc", team.join(",\r\n "))
    .with("X-Priority", "1 (Highest)")
    .with("Importance", "high")
}

fn train(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let text = format!(
        "Ihre Verbindung nach Wien:\n\n  ab  8:{:02}  Gleis {}\n  an 12:{:02}  Wien Hbf\n\nWir wünschen eine schöne Reise nach Österreich! 🚆\n",
        n % 60,
        n % 12 + 1,
        (n * 7) % 60
    );
    let from = format!("{} <reisen@example.com>", words("Reisebüro"));
    Letter::new(
        &from,
        scene.me,
        format!("🚆 Zugverbindung nach Wien, Buchung {}", 7000 + n),
        Part::text(text),
    )
}

fn draft(scene: &Scene<'_>) -> Letter {
    let text = format!("Notes for later, number {}:\n\n- ask about the keys\n- ", scene.number);
    Letter::new(scene.me, "", "", Part::text(text)).without("To").without("Subject")
}

fn party(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let text = "Es gibt Kuchen in der Küche. Kommt alle! 🎂🎉\n";
    Letter::new(scene.peer, scene.me, format!("🎂 Kuchen um {} Uhr", n % 4 + 13), Part::text(text))
        .with("Cc", format!("{} <team@example.com>", words("Alle im Büro")))
}

fn prize(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let html = format!(
        "<html><body onload=\"alert(1)\"><script>document.title = 'x'</script><font size=7 color=red>YOU HAVE WON PRIZE {n}!!!</font><img src=\"https://www.example.com/pixel?{n}\" width=1 height=1><p>Answer <a href=\"javascript:void(0)\">here</a>.</body>"
    );
    let content = Part::leaf("text/html", Encoding::SevenBit, html);
    Letter::new(
        "\"Prize Department\" <unknown@example.com>",
        scene.me,
        format!("*** PRIZE {n} *** act now"),
        content,
    )
}

fn windows(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    // 0x93 0x94 are quotation marks, 0x80 is the euro sign there.
    let mut body = b"The \x93new\x94 price list:\r\n\r\nSmall  10 \x80\r\nLarge  ".to_vec();
    body.extend(format!("{} ", 20 + n % 30).bytes());
    body.extend(b"\x80\r\n");
    let content = Part::leaf("text/plain; charset=windows-1252", Encoding::QuotedPrintable, body);
    Letter::new("Example Shop <prices@example.com>", scene.me, "", content)
        .with("Subject", format!("=?windows-1252?Q?Price_list_{n}_in_=80?="))
}

fn figures(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let mut table = "day;visitors;orders\r\n".to_owned();
    for day in 1..=28 {
        // Writing into a String cannot fail.
        let _ = write!(table, "{day};{};{}\r\n", 100 + n * day % 50, n * day % 9);
    }
    let sheet = Part::attachment("text/csv; charset=utf-8", &format!("figures {n}.csv"), table);
    let content = Part::Multi { subtype: "mixed", parts: vec![Part::text("Here are the figures.\n"), sheet] };
    Letter::new(scene.me, scene.peer, format!("Figures, part {n}"), content)
}

fn scan(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    // A copier's mail: nothing but the document.
    let content = Part::attachment("application/pdf", &format!("SCAN_{n:04}.PDF"), pdf(&format!("Page {n}")));
    Letter::new("printer@example.com", scene.me, format!("Scan {n:04}"), content)
}

fn minutes(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let mut text = format!("Minutes of meeting {n}\n======================\n\n");
    for item in 1..=300 {
        let _ = writeln!(
            text,
            "{item:>3}. It was agreed that point {} is settled, and that point {} is looked at again; nobody was against.",
            (item * 7 + n) % 40 + 1,
            (item * 11 + n) % 40 + 1
        );
    }
    Letter::new(scene.peer, scene.me, format!("Minutes of meeting {n} (long)"), Part::text(text))
}

fn bounce(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let said = format!(
        "This is the mail system at host mail.example.com.\n\nYour message could not be delivered:\n\n<nobody{n}@example.com>: user unknown\n"
    );
    let status = format!(
        "Reporting-MTA: dns; mail.example.com\n\nFinal-Recipient: rfc822; nobody{n}@example.com\nAction: failed\nStatus: 5.1.1\n"
    );
    let original = format!("From: {}\nTo: nobody{n}@example.com\nSubject: Hello?\n", scene.me);
    let parts = vec![
        Part::leaf("text/plain; charset=us-ascii", Encoding::SevenBit, said),
        Part::leaf("message/delivery-status", Encoding::SevenBit, status),
        Part::leaf("text/rfc822-headers", Encoding::SevenBit, original),
    ];
    let content = Part::Multi { subtype: "report; report-type=delivery-status", parts };
    Letter::new(
        "Mail Delivery System <mailer-daemon@example.com>",
        scene.me,
        "Undelivered mail returned to sender",
        content,
    )
    .with("Auto-Submitted", "auto-replied")
}

fn notification(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let text = format!("Backup {n} has ended without errors.\n");
    let content = Part::leaf("text/plain", Encoding::SevenBit, text);
    Letter::new("root@example.com", scene.me, format!("[backup] run {n}: ok"), content)
}

fn without_subject(scene: &Scene<'_>) -> Letter {
    let content = Part::leaf("text/plain", Encoding::SevenBit, "");
    Letter::new(scene.peer, scene.me, "", content).without("Subject")
}

fn list_mail(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let quoted: String = (1..=6).fold(String::new(), |text, depth| {
        format!("{text}{} remark {depth} of thread {n}\n", ">".repeat(depth))
    });
    let text = format!("{quoted}\nI agree with the last remark.\n");
    Letter::new(
        scene.peer,
        "projects@example.com",
        format!("Re: Re: [projects] thread {n}"),
        Part::text(text),
    )
    .with("List-Id", "<projects.example.com>")
    .with("Reply-To", "projects@example.com")
    .with("References", format!("{}\r\n {}", message_id(n + 2_000_000), message_id(n + 2_000_001)))
}

fn html_only(scene: &Scene<'_>) -> Letter {
    let n = scene.number;
    let rows: String = (1..=8).fold(String::new(), |rows, row| {
        format!("{rows}<tr><td>{row}</td><td>Room {}</td><td>{}:00</td></tr>", (row + n) % 20 + 1, 8 + row)
    });
    let html = format!(
        "<!DOCTYPE html><html><body><p>Rooms for day {n}:</p><table border=1><tr><th>#</th><th>Room</th><th>From</th></tr>{rows}</table><blockquote>Change them <a href=\"https://www.example.com/rooms\">here</a>.</blockquote></body></html>"
    );
    Letter::new("Rooms <rooms@example.com>", scene.me, format!("Rooms for day {n}"), Part::html(html))
        .with("Auto-Submitted", "auto-generated")
}
