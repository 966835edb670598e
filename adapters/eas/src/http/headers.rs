//! Names and fixed values of the headers, spelled as on the wire (MS-ASHTTP, "Request Headers" and "Response Headers").
//!
//! HTTP compares names without regard to case; the constants are lower-case because [`http::HeaderName`] is.

use http::HeaderName;

/// `MS-ASProtocolVersion`: the version of a request in the plain form.
pub const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("ms-asprotocolversion");
/// `MS-ASProtocolVersions`: the versions on offer, ascending, comma-separated; in answers to OPTIONS.
pub const PROTOCOL_VERSIONS: HeaderName = HeaderName::from_static("ms-asprotocolversions");
/// `MS-ASProtocolCommands`: the commands on offer, comma-separated; in answers to OPTIONS.
pub const PROTOCOL_COMMANDS: HeaderName = HeaderName::from_static("ms-asprotocolcommands");
/// `MS-ASAcceptMultiPart`: `T` asks for a multipart answer to ItemOperations.
pub const ACCEPT_MULTIPART: HeaderName = HeaderName::from_static("ms-asacceptmultipart");
/// `X-MS-PolicyKey`: decimal, 0 for a device that never provisioned.
pub const POLICY_KEY: HeaderName = HeaderName::from_static("x-ms-policykey");
/// `MS-Server-ActiveSync`: free text; clients and test tools recognise an ActiveSync server by it.
pub const SERVER: HeaderName = HeaderName::from_static("ms-server-activesync");
/// `X-MS-RP`: the versions on offer, where they are no more those the device chose from; it looks at OPTIONS again and starts
/// anew.
pub const REPROVISION: HeaderName = HeaderName::from_static("x-ms-rp");
/// `X-MS-ASThrottle`: why a request is dropped; with 503.
pub const THROTTLE: HeaderName = HeaderName::from_static("x-ms-asthrottle");
/// `Public`: the methods, in answers to OPTIONS.
pub const PUBLIC: HeaderName = HeaderName::from_static("public");
/// `X-Forwarded-For`: the addresses a request came through, the nearest last.
pub const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Content type of WBXML documents.
pub const WBXML: &str = "application/vnd.ms-sync.wbxml";
/// The same, as some clients write it.
pub const WBXML_SHORT: &str = "application/vnd.ms-sync";
/// Content type of multipart answers (MS-ASCMD, "Delivery of Content Requested by Fetch").
pub const MULTIPART: &str = "application/vnd.ms-sync.multipart";
/// Content type of the messages SendMail carries before 14.0.
pub const MIME: &str = "message/rfc822";
/// Reason of a throttled request.
pub const TOO_MANY_REQUESTS: &str = "TooManyRequests";
/// Methods of the protocol.
pub const METHODS: &str = "OPTIONS,POST";
