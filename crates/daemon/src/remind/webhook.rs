//! Events over HTTP, signed as Standard Webhooks has it: `webhook-id`, `webhook-timestamp` and
//! `webhook-signature`, an HMAC-SHA256 of both and the body.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use sha2::Sha256;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Fault;
use super::message::{Content, Message};
use crate::clock;
use crate::config::{Target, WebhookConfig, read_secret};
use crate::edge::VERSION;

/// Bytes of the head of an answer.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a secret.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Posts events, each over a connection of its own.
pub(super) struct Webhook {
    target: Target,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    secret: Option<Vec<u8>>,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("host", &self.target.host).finish_non_exhaustive()
    }
}

/// The certificate authorities that this machine trusts.
///
/// # Errors
/// Where there is none, with the remedy.
pub(super) fn authorities() -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() {
        return Err(
            "this machine knows no certificate authority, so nothing that is encrypted can be sent\n  help: \
                    install the package ca-certificates, or name a file of them in SSL_CERT_FILE"
                .into(),
        );
    }
    Ok(store)
}

fn connector() -> Result<TlsConnector, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|e| format!("events cannot be encrypted: {e}"))?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(authorities()?).with_no_client_auth())))
}

fn secret(text: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
    SECRET_BYTES.contains(&bytes.len()).then_some(bytes)
}

impl Webhook {
    /// With the secret, and the machine's certificate authorities.
    ///
    /// # Errors
    /// What is wrong, and the remedy.
    pub(super) fn new(config: &WebhookConfig) -> Result<Self, String> {
        let target = Target::of(&config.url).ok_or("the webhook's url is none")?;
        let tls = match target.is_encrypted {
            true => {
                let name = ServerName::try_from(target.host.clone()).map_err(|_| {
                    format!("{} is no name of a receiver\n  help: mend [desk.webhook] url", target.host)
                })?;
                Some((connector()?, name))
            }
            false => None,
        };
        let secret = match &config.secret {
            Some(file) => {
                let bad = || {
                    format!(
                        "{0}: it is no webhook's secret\n  help: make one: printf 'whsec_%s\\n' \"$(head -c 32 /dev/urandom \
                         | base64 -w 0)\" > {0}",
                        file.display()
                    )
                };
                Some(secret(&read_secret(file, "the webhook's secret")?).ok_or_else(bad)?)
            }
            None => None,
        };
        Ok(Self { target, tls, secret })
    }

    /// Posts one.
    pub(super) async fn send(&mut self, message: &Message) -> Result<(), Fault> {
        let request = self.request(message, clock::now().wall.0.div_euclid(1_000)).map_err(Fault::Message)?;
        let way = |e: &dyn fmt::Display| Fault::Way(e.to_string());
        let at = (self.target.host.as_str(), self.target.port);
        let tcp = TcpStream::connect(at).await.map_err(|e| way(&e))?;
        let status = match &self.tls {
            Some((connector, name)) => {
                let encrypted = connector.connect(name.clone(), tcp).await.map_err(|e| way(&e))?;
                post(encrypted, request).await
            }
            None => post(tcp, request).await,
        };
        judged(status.map_err(Fault::Way)?)
    }

    fn request(&self, message: &Message, now: i64) -> Result<Request<String>, String> {
        let Content::Event(body) = &message.content else { return Err("it is no event".into()) };
        let mut request = Request::post(&self.target.path)
            .header(HOST, &self.target.authority)
            .header(USER_AGENT, format!("seatkeeper/{VERSION}"))
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", now);
        if let Some(secret) = &self.secret {
            request = request.header("webhook-signature", signature(secret, &message.id, now, body)?);
        }
        request.body(body.clone()).map_err(|e| e.to_string())
    }
}

fn signature(secret: &[u8], id: &str, now: i64, body: &str) -> Result<String, String> {
    let mut sum = Hmac::<Sha256>::new_from_slice(secret).map_err(|e| e.to_string())?;
    sum.update(format!("{id}.{now}.{body}").as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(sum.finalize().into_bytes())))
}

/// Sends a request, and reads no more than the head of the answer.
async fn post<S>(stream: S, request: Request<String>) -> Result<StatusCode, String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_BYTES_MAX);
    let (mut sender, connection) =
        builder.handshake(TokioIo::new(stream)).await.map_err(|e| e.to_string())?;
    let mut answered = std::pin::pin!(sender.send_request(request));
    let mut connection = std::pin::pin!(connection);
    let answer = tokio::select! {
        biased;
        answer = &mut answered => answer,
        // It has ended, so the answer is there or never comes.
        _ = &mut connection => answered.await,
    };
    answer.map(|answer| answer.status()).map_err(|e| e.to_string())
}

/// What a status means: an event that is wrong for its receiver is no reason to keep others back.
fn judged(status: StatusCode) -> Result<(), Fault> {
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
            Err(Fault::Message(format!("the receiver says {status}")))
        }
        _ => Err(Fault::Way(format!("the receiver says {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_its_form_and_its_length() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        for (bytes, is_good) in [(23, false), (24, true), (64, true), (65, false)] {
            assert_eq!(secret(&of(bytes)).is_some(), is_good, "{bytes}");
        }
        assert_eq!(secret(&STANDARD.encode([7; 32])), None);
        assert_eq!(secret("whsec_not base64"), None);
    }

    /// The figures that Standard Webhooks publishes.
    #[test]
    fn an_event_is_signed_as_others_sign_it() {
        let secret = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed =
            signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed.as_deref(), Ok("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn what_a_status_means() {
        let of = |status: u16| match judged(StatusCode::from_u16(status).unwrap()) {
            Ok(()) => "taken",
            Err(Fault::Message(_)) => "this one is refused",
            Err(Fault::Way(_)) => "all wait",
        };
        for (status, means) in [
            (200, "taken"),
            (204, "taken"),
            (301, "all wait"),
            (400, "this one is refused"),
            (401, "all wait"),
            (404, "all wait"),
            (413, "this one is refused"),
            (422, "this one is refused"),
            (429, "all wait"),
            (503, "all wait"),
        ] {
            assert_eq!(of(status), means, "{status}");
        }
    }
}
