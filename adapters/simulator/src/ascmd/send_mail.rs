//! `SendMail`: a message on its way. MS-ASCMD, "`SendMail`".

use bytes::Bytes;
use syncledger_wbxml::{Element, pages::compose_mail};

use crate::{
    Phone,
    config::Version,
    error::Error,
    phone::checked,
    wire::{Command, Param, Params},
};

/// The server has seen the `ClientId` before: an earlier answer was lost.
const PREVIOUSLY_SENT: u32 = 118;

/// A message was handed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sending {
    /// Now.
    Sent,
    /// By an earlier request with the same `ClientId`.
    SentBefore,
}

impl Phone {
    /// Sends a message (RFC 5322) with a fresh `ClientId`; the server keeps a copy in Sent if `save_in_sent`.
    ///
    /// # Errors
    /// Any; [`Error::Status`] from 14.0 on, [`Error::Http`] before.
    pub async fn send_mail(&mut self, mime: &[u8], save_in_sent: bool) -> Result<Sending, Error> {
        let client_id = self.next_client_id();
        self.send_mail_as(&client_id, mime, save_in_sent).await
    }

    /// As [`Phone::send_mail`] with a `ClientId` of the caller (1–40 characters), who can so repeat a request.
    ///
    /// # Errors
    /// As [`Phone::send_mail`].
    pub async fn send_mail_as(
        &mut self,
        client_id: &str,
        mime: &[u8],
        save_in_sent: bool,
    ) -> Result<Sending, Error> {
        let sent = if self.version().await? < Version::V14_0 {
            self.send_rfc822(mime, save_in_sent).await
        } else {
            let request = request(client_id, mime, save_in_sent);
            self.call(Command::SendMail, Some(request), Params::default()).await
        };
        match sent {
            Ok(exchange) if exchange.raw.is_empty() => Ok(Sending::Sent),
            Ok(exchange) => match exchange.body.as_ref().and_then(crate::tree::root_status) {
                Some(status) => Err(Error::Status { command: Command::SendMail, status }),
                None => Err(Error::protocol(Command::SendMail, "success has a body")),
            },
            Err(error) if error.status() == Some(PREVIOUSLY_SENT) => Ok(Sending::SentBefore),
            Err(error) => Err(error),
        }
    }

    /// The message itself as the body. Up to 12.1.
    async fn send_rfc822(&mut self, mime: &[u8], save_in_sent: bool) -> Result<crate::wire::Exchange, Error> {
        let params = Params {
            query: if save_in_sent { vec![Param::SaveInSent] } else { Vec::new() },
            content_type: Some("message/rfc822"),
            timeout: None,
        };
        let body = Bytes::copy_from_slice(mime);
        let exchange = self.post_raw(Command::SendMail, body.clone(), params.clone()).await?;
        if exchange.status == 449 {
            self.provision().await?;
            return checked(self.post_raw(Command::SendMail, body, params).await?);
        }
        checked(exchange)
    }
}

fn request(client_id: &str, mime: &[u8], save_in_sent: bool) -> Element {
    Element::new(compose_mail::SEND_MAIL)
        .with(Element::text(compose_mail::CLIENT_ID, client_id))
        .with_all(save_in_sent.then(|| Element::new(compose_mail::SAVE_IN_SENT_ITEMS)))
        .with(Element::opaque(compose_mail::MIME, mime))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{golden, golden_tree};

    #[test]
    fn the_request_is_as_published() {
        let published = golden_tree("20-sendmail", "SendMail", 0);
        let mime = published.child(compose_mail::MIME).unwrap().bytes_content().into_owned();
        let request = request("m-20240501-0001", &mime, true);
        assert_eq!(syncledger_wbxml::encode(&request), golden("20-sendmail", "SendMail", 0));
    }
}
