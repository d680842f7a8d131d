//! Headers that every answer carries: what a page from here may load, and who may look at it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// The headers of all answers, made once.
#[derive(Clone, Debug)]
pub(crate) struct Security(Vec<(HeaderName, HeaderValue)>);

impl Security {
    /// `connect`: origins besides our own that the app may talk to.
    pub(crate) fn new(connect: &[String]) -> Security {
        let connect = connect
            .iter()
            .map(|origin| format!(" {origin}"))
            .collect::<String>();
        let policy = format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
             connect-src 'self'{connect}; manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let fixed = [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            (
                "permissions-policy",
                "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), \
                 midi=(), payment=(), usb=()",
            ),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ];
        let mut list: Vec<_> = fixed
            .into_iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        // Origins were checked when the configuration was read, so the policy is a header value.
        if let Ok(value) = HeaderValue::from_str(&policy) {
            list.push((HeaderName::from_static("content-security-policy"), value));
        }
        Security(list)
    }

    /// For an answer that another server wrote: opened as a page it may do nothing, and it has no share in our origin.
    pub(crate) fn apply_to_foreign(&self, headers: &mut HeaderMap) {
        self.apply(headers);
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox"),
        );
    }

    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name.clone(), value.clone());
        }
    }
}
