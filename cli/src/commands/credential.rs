//! `credential add|list|update|delete`: passwords of an account for single services.

mod new_secret;
mod qr;
mod records;

use clap::{Args, Subcommand};
use syncledger_commands::{
    add_mobile_password::{self, NewPassword},
    delete_mobile_password, update_mobile_password,
};
use syncledger_domain::{
    codes,
    config::registry::{PUBLIC_SERVICE_HOSTNAME, PUBLIC_SERVICE_PORT, PUBLIC_SERVICE_PROTOCOL},
    directory::{CredentialId, MobilePasswordUpdated, Service},
    ids::AccountId,
};

use self::{new_secret::SecretArgs, qr::Login};
use syncledger_projections::directory;

use super::{account, places::Places};
use crate::{
    config::Config,
    node::Node,
    output::{self, say},
    password,
    refusal::Refused,
};

/// Give accounts passwords for single services, and take them away.
///
/// As soon as an account has one for EAS (`ActiveSync`), enabled or not, its own password opens EAS no more. An account
/// whose mail is on an IMAP server then needs that backend's `imap.master_user`.
#[derive(Debug, Subcommand)]
pub(crate) enum Credential {
    /// Give an account a password; this is the only moment it is shown.
    Add(Add),
    /// List an account's passwords, without their secrets.
    List {
        /// Address or id of the account.
        account: String,
    },
    /// Change label, services, or whether a password opens anything; the password itself stays.
    Update(Update),
    /// Take a password away: devices that use it are let in no more. With the last one for EAS the account's own password
    /// opens EAS again.
    Delete {
        /// Address or id of the account.
        account: String,
        /// Id of the password, as `credential list` shows it.
        id: CredentialId,
    },
}

/// `credential add`
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Address or id of the account.
    account: String,
    #[command(flatten)]
    secret: SecretArgs,
    /// The device or person it is for.
    #[arg(long, default_value = "", hide_default_value = true)]
    label: String,
    /// What it opens, separated by commas: EAS, `MobileApp`, Dav, IMAP, POP3, SMTP, `WebUI`, `WebAdminUI`.
    #[arg(long, value_name = "SERVICES", value_delimiter = ',', default_value = "EAS")]
    service: Vec<Service>,
    /// Show user, password and server as a QR code, too.
    #[arg(long)]
    qr: bool,
    /// Where devices reach this server, as `https://mail.example.com`; for the QR code. Without it, what the attributes
    /// `publicServiceHostname`, `…Port` and `…Protocol` of the account's domain say.
    #[arg(long, requires = "qr")]
    url: Option<String>,
}

/// `credential update`
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Address or id of the account.
    account: String,
    /// Id of the password, as `credential list` shows it.
    id: CredentialId,
    /// Another label; an empty one is none.
    #[arg(long)]
    label: Option<String>,
    /// It opens its services again.
    #[arg(long)]
    enable: bool,
    /// It opens nothing until enabled again.
    #[arg(long, conflicts_with = "enable")]
    disable: bool,
    /// What it opens from now on, separated by commas.
    #[arg(long, value_name = "SERVICES", value_delimiter = ',')]
    service: Option<Vec<Service>>,
}

impl Credential {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(config, json).await,
            Self::List { account } => {
                let (node, id) = open(config, &account).await?;
                records::print(&records::all(&node, id).await?, json)
            }
            Self::Update(update) => update.run(config, json).await,
            Self::Delete { account, id } => {
                let (node, of) = open(config, &account).await?;
                delete_mobile_password::run(&node.repository, &node.admin(), of, &id).await?;
                output::done(
                    json,
                    &format!("Credential {id} deleted"),
                    serde_json::json!({ "account": of.to_string(), "id": id.as_str() }),
                )
            }
        }
    }
}

async fn open(config: &Config, account: &str) -> anyhow::Result<(Node, AccountId)> {
    let node = Node::open(config).await?;
    let id = account::find(&node, account).await?;
    Ok((node, id))
}

/// Where devices reach this server, by the attributes of the account's domain.
async fn public_url(node: &Node, account: AccountId) -> anyhow::Result<String> {
    node.catch_up().await?;
    let row = directory::account(&*node.view_store(), account).await?;
    let places = match &row {
        Some(row) => Places::of_account(node, row).await?,
        None => Places::of_installation(node).await?,
    };
    let scopes = places.scopes();
    let host = scopes.read(&PUBLIC_SERVICE_HOSTNAME);
    if host.is_empty() {
        let message = "a QR code names the server: give --url, or set publicServiceHostname for the domain";
        return Err(Refused::new(codes::USAGE, message).into());
    }
    let (protocol, port) = (scopes.read(&PUBLIC_SERVICE_PROTOCOL), scopes.number(&PUBLIC_SERVICE_PORT));
    let usual = matches!((protocol.as_str(), port), ("https", 443) | ("http", 80));
    let port = if usual { String::new() } else { format!(":{port}") };
    Ok(format!("{protocol}://{host}{port}"))
}

impl Add {
    async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        // Whatever could fail fails before the password exists: nobody would ever see it.
        let supplied = self.secret.read()?;
        let (node, id) = open(config, &self.account).await?;
        let user = records::address(&node, id).await?;
        let url = match self.url {
            None if self.qr => Some(public_url(&node, id).await?),
            given => given,
        };
        let url = url.as_deref().map(qr::checked_url).transpose()?;
        if let Some(url) = url {
            let likely = supplied.as_deref().unwrap_or(qr::LIKE_A_GENERATED_ONE);
            Login { user: &user, password: likely, url }.code()?;
        }
        let hash = supplied.as_deref().map(password::hash).transpose()?;
        let new = hash.as_deref().map_or(NewPassword::Generated, |hash| NewPassword::Supplied { hash });
        let (repository, issuer) = (&node.repository, node.admin());
        let added =
            add_mobile_password::run(repository, &issuer, id, &self.label, &self.service, new).await?;
        let made = added.secret.map(|secret| String::from_utf8_lossy(&secret.0).into_owned());
        let secret = made.or(supplied).unwrap_or_default();
        let record = records::one(&node, id, &added.id).await?;
        let login = url.map(|url| Login { user: &user, password: &secret, url });
        let text = serde_json::json!({ "auth_method": "password", "user": user, "password": secret });
        if json {
            let mut facts = serde_json::json!({ "credential": record, "text_data": text });
            if let Some(login) = login {
                facts["qrcode_data"] = login.data();
            }
            return output::done(json, "Credential correctly added", facts);
        }
        output::done(json, "Credential correctly added", serde_json::Value::Null)?;
        records::print(&[record], json)?;
        say!("\nauth_method password\nuser        {user}\npassword    {secret}");
        if let Some(login) = login {
            say!("\n{}", login.code()?);
        }
        Ok(())
    }
}

impl Update {
    async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        let enabled = (self.enable || self.disable).then_some(self.enable);
        if self.label.is_none() && self.service.is_none() && enabled.is_none() {
            let message = "nothing to change: say --label, --service, --enable or --disable";
            return Err(Refused::new(codes::USAGE, message).into());
        }
        let (node, of) = open(config, &self.account).await?;
        let Self { id, label, service: services, .. } = self;
        let wish = MobilePasswordUpdated { id, label, services, enabled };
        update_mobile_password::run(&node.repository, &node.admin(), of, &wish).await?;
        let record = records::one(&node, of, &wish.id).await?;
        let sentence = format!("Credential {} updated", wish.id);
        if json {
            return output::done(json, &sentence, serde_json::json!({ "credential": record }));
        }
        output::done(json, &sentence, serde_json::Value::Null)?;
        records::print(&[record], json)
    }
}
