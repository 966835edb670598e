//! The messages this program brings along. A language more is a file more, and a line here.

use super::{Fields, Locale, MessageKind};

/// Languages there are built-in messages in.
pub const LANGUAGES: &[&str] = &["en", "fr", "de", "it", "es", "pt"];
/// The one for everybody else.
pub(super) const ENGLISH: &str = "en";

struct Text {
    language: &'static str,
    kind: MessageKind,
    subject: &'static str,
    /// Paragraphs of plain text, between blank lines; `- ` begins a line of the list of facts.
    body: &'static str,
}

const TEXTS: &[Text] = &[
    Text {
        language: "en",
        kind: MessageKind::Quarantined,
        subject: "Your new device is waiting for approval",
        body: "Hello,\n\n\
            a new device was connected to your account {account}. For the security of your mail, an administrator has \
            to approve it before it can synchronise. They have been told; there is nothing you need to do.\n\n\
            - Device: {device_type} ({device_id})\n\
            - Since: {date}\n\n\
            Once it is approved, your mail, contacts and calendars appear on this device by themselves. Until then you \
            can read your mail as before on your other devices and in the browser.\n\n\
            If this is urgent, or if this device is not yours, please write to {support}.",
    },
    Text {
        language: "en",
        kind: MessageKind::Blocked,
        subject: "This device may not synchronise",
        body: "Hello,\n\n\
            this device is not permitted to synchronise with your account {account}. Your mailbox itself is not \
            affected: you can read your mail as before on your other devices and in the browser.\n\n\
            - Device: {device_type} ({device_id})\n\
            - Since: {date}\n\n\
            If you think this is a mistake, please write to {support} and quote the device above. If this device is \
            not yours, please change your password and let us know.",
    },
    Text {
        language: "fr",
        kind: MessageKind::Quarantined,
        subject: "Votre nouvel appareil est en attente d’autorisation",
        body: "Bonjour,\n\n\
            un nouvel appareil a été associé à votre compte {account}. Pour la sécurité de votre messagerie, un \
            administrateur doit l’autoriser avant qu’il puisse se synchroniser. Il en a été informé ; vous n’avez rien \
            à faire.\n\n\
            - Appareil : {device_type} ({device_id})\n\
            - Depuis : {date}\n\n\
            Dès que l’appareil sera autorisé, votre courrier, vos contacts et vos agendas y apparaîtront d’eux-mêmes. \
            En attendant, vous pouvez consulter votre courrier comme d’habitude sur vos autres appareils et dans le \
            navigateur.\n\n\
            En cas d’urgence, ou si cet appareil n’est pas le vôtre, veuillez écrire à {support}.",
    },
    Text {
        language: "fr",
        kind: MessageKind::Blocked,
        subject: "Cet appareil n’est pas autorisé à se synchroniser",
        body: "Bonjour,\n\n\
            cet appareil n’est pas autorisé à se synchroniser avec votre compte {account}. Votre boîte aux lettres \
            elle-même n’est pas concernée : vous pouvez consulter votre courrier comme d’habitude sur vos autres \
            appareils et dans le navigateur.\n\n\
            - Appareil : {device_type} ({device_id})\n\
            - Depuis : {date}\n\n\
            Si vous pensez qu’il s’agit d’une erreur, veuillez écrire à {support} en indiquant l’appareil ci-dessus. \
            Si cet appareil n’est pas le vôtre, changez votre mot de passe et prévenez-nous, s’il vous plaît.",
    },
    Text {
        language: "de",
        kind: MessageKind::Quarantined,
        subject: "Ihr neues Gerät wartet auf Freigabe",
        body: "Guten Tag,\n\n\
            ein neues Gerät wurde mit Ihrem Konto {account} verbunden. Zum Schutz Ihrer E-Mails muss es von der \
            Administration freigegeben werden, bevor es synchronisieren kann. Sie ist informiert; Sie müssen nichts \
            tun.\n\n\
            - Gerät: {device_type} ({device_id})\n\
            - Seit: {date}\n\n\
            Sobald das Gerät freigegeben ist, erscheinen Ihre E-Mails, Kontakte und Kalender von selbst darauf. Bis \
            dahin können Sie Ihre E-Mails wie gewohnt auf Ihren anderen Geräten und im Browser lesen.\n\n\
            Wenn es eilt oder das Gerät nicht Ihnen gehört, schreiben Sie bitte an {support}.",
    },
    Text {
        language: "de",
        kind: MessageKind::Blocked,
        subject: "Dieses Gerät darf nicht synchronisieren",
        body: "Guten Tag,\n\n\
            dieses Gerät darf nicht mit Ihrem Konto {account} synchronisieren. Ihr Postfach selbst ist davon nicht \
            betroffen: Sie können Ihre E-Mails wie gewohnt auf Ihren anderen Geräten und im Browser lesen.\n\n\
            - Gerät: {device_type} ({device_id})\n\
            - Seit: {date}\n\n\
            Wenn Sie das für einen Irrtum halten, schreiben Sie bitte an {support} und nennen Sie das oben genannte \
            Gerät. Wenn das Gerät nicht Ihnen gehört, ändern Sie bitte Ihr Passwort und geben Sie uns Bescheid.",
    },
    Text {
        language: "it",
        kind: MessageKind::Quarantined,
        subject: "Il nuovo dispositivo è in attesa di approvazione",
        body: "Buongiorno,\n\n\
            un nuovo dispositivo è stato collegato al Suo account {account}. Per la sicurezza della posta, un \
            amministratore deve approvarlo prima che possa sincronizzarsi. È già stato avvisato; Lei non deve fare \
            nulla.\n\n\
            - Dispositivo: {device_type} ({device_id})\n\
            - Dal: {date}\n\n\
            Appena il dispositivo sarà approvato, posta, contatti e calendari vi compariranno automaticamente. Nel \
            frattempo può leggere la posta come sempre sugli altri dispositivi e nel browser.\n\n\
            Se è urgente, o se questo dispositivo non è Suo, scriva a {support}.",
    },
    Text {
        language: "it",
        kind: MessageKind::Blocked,
        subject: "Questo dispositivo non può sincronizzarsi",
        body: "Buongiorno,\n\n\
            questo dispositivo non è autorizzato a sincronizzarsi con il Suo account {account}. La casella di posta \
            non ne risente: può leggere la posta come sempre sugli altri dispositivi e nel browser.\n\n\
            - Dispositivo: {device_type} ({device_id})\n\
            - Dal: {date}\n\n\
            Se ritiene che si tratti di un errore, scriva a {support} indicando il dispositivo qui sopra. Se questo \
            dispositivo non è Suo, cambi la password e ci avvisi, per favore.",
    },
    Text {
        language: "es",
        kind: MessageKind::Quarantined,
        subject: "Su nuevo dispositivo está pendiente de aprobación",
        body: "Hola:\n\n\
            Se ha conectado un dispositivo nuevo a su cuenta {account}. Para proteger su correo, un administrador debe \
            aprobarlo antes de que pueda sincronizarse. Ya se le ha avisado; usted no tiene que hacer nada.\n\n\
            - Dispositivo: {device_type} ({device_id})\n\
            - Desde: {date}\n\n\
            En cuanto se apruebe, su correo, sus contactos y sus calendarios aparecerán solos en este dispositivo. \
            Mientras tanto, puede leer su correo como siempre en sus otros dispositivos y en el navegador.\n\n\
            Si es urgente, o si este dispositivo no es suyo, escriba a {support}.",
    },
    Text {
        language: "es",
        kind: MessageKind::Blocked,
        subject: "Este dispositivo no puede sincronizarse",
        body: "Hola:\n\n\
            Este dispositivo no tiene permiso para sincronizarse con su cuenta {account}. Su buzón no se ve afectado: \
            puede leer su correo como siempre en sus otros dispositivos y en el navegador.\n\n\
            - Dispositivo: {device_type} ({device_id})\n\
            - Desde: {date}\n\n\
            Si cree que se trata de un error, escriba a {support} e indique el dispositivo mencionado arriba. Si este \
            dispositivo no es suyo, cambie su contraseña y avísenos, por favor.",
    },
    Text {
        language: "pt",
        kind: MessageKind::Quarantined,
        subject: "O seu novo dispositivo aguarda aprovação",
        body: "Olá,\n\n\
            um novo dispositivo foi ligado à sua conta {account}. Para proteger o seu correio, um administrador tem de \
            o aprovar antes de poder sincronizar. O administrador já foi avisado; não precisa de fazer nada.\n\n\
            - Dispositivo: {device_type} ({device_id})\n\
            - Desde: {date}\n\n\
            Assim que for aprovado, o seu correio, os seus contactos e os seus calendários aparecem automaticamente \
            neste dispositivo. Até lá, pode ler o seu correio como habitualmente nos seus outros dispositivos e no \
            navegador.\n\n\
            Se for urgente, ou se este dispositivo não for seu, escreva para {support}.",
    },
    Text {
        language: "pt",
        kind: MessageKind::Blocked,
        subject: "Este dispositivo não pode sincronizar",
        body: "Olá,\n\n\
            este dispositivo não tem permissão para sincronizar com a sua conta {account}. A sua caixa de correio não \
            é afetada: pode ler o seu correio como habitualmente nos seus outros dispositivos e no navegador.\n\n\
            - Dispositivo: {device_type} ({device_id})\n\
            - Desde: {date}\n\n\
            Se acha que se trata de um engano, escreva para {support} e indique o dispositivo acima. Se este \
            dispositivo não for seu, altere a sua palavra-passe e avise-nos, por favor.",
    },
];

/// The built-in language for an account's.
pub(super) fn language(locale: Option<&Locale>) -> &'static str {
    let wanted = locale.map_or(ENGLISH, Locale::language);
    LANGUAGES.iter().copied().find(|language| *language == wanted).unwrap_or(ENGLISH)
}

/// A built-in language as a locale.
pub(super) fn locale(language: &str) -> Locale {
    Locale::new(language).expect("the built-in languages, listed above, are locales")
}

/// The built-in texts of a kind in a language. Sender and reply address are not built in.
pub(super) fn fields(kind: MessageKind, language: &str) -> Fields {
    let of = |language: &str| TEXTS.iter().find(|text| text.kind == kind && text.language == language);
    let text = of(language).or_else(|| of(ENGLISH));
    Fields {
        subject: text.map(|text| text.subject.to_owned()),
        body_plain: text.map(|text| format!("{}\n", text.body)),
        body_html: text.map(html),
        ..Fields::default()
    }
}

/// The same as HTML: plain enough for every mail program, readable in dark mode because it sets no colours.
fn html(text: &Text) -> String {
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
         <body style=\"font-family: sans-serif; line-height: 1.5; max-width: 40em\">\n",
        text.language, text.subject
    );
    for paragraph in text.body.split("\n\n") {
        if paragraph.starts_with("- ") {
            html.push_str("<ul>\n");
            for fact in paragraph.lines() {
                html.extend(["<li>", fact.trim_start_matches("- "), "</li>\n"]);
            }
            html.push_str("</ul>\n");
        } else {
            html.extend(["<p>", paragraph, "</p>\n"]);
        }
    }
    html.push_str("</body>\n</html>\n");
    html
}
