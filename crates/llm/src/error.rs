//! Errors in the dialects that clients understand.

use serde::{Deserialize, Serialize};

/// An error body: `{"error":{"message":…,"type":…,"param":…,"code":…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong, for people (`message`) and programs (`type`, `code`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// What went wrong and what to do.
    #[serde(default)]
    pub message: String,
    /// The class, such as `invalid_request_error`, `permission_error`, `rate_limit_error`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The request field at fault.
    #[serde(default)]
    pub param: Option<String>,
    /// A stable code.
    #[serde(default)]
    pub code: Option<String>,
}

impl ErrorBody {
    /// An error without a parameter.
    pub fn new(kind: &str, code: &str, message: impl Into<String>) -> Self {
        let error = ErrorDetail {
            message: message.into(),
            kind: kind.to_owned(),
            param: None,
            code: Some(code.to_owned()),
        };
        Self { error }
    }

    /// The body as JSON text.
    ///
    /// # Panics
    /// Never: the type holds only text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("text always writes as JSON")
    }

    /// Reads a server's error body. Servers differ, so anything that is not one becomes a message,
    /// cut at 500 characters and free of control characters.
    pub fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_else(|_| {
            let text = String::from_utf8_lossy(body);
            let text: String = text.chars().filter(|c| !c.is_control()).take(500).collect();
            Self::new("upstream_error", "unreadable_error", text)
        })
    }
}

/// An error body of the Anthropic API: `{"type":"error","error":{"type":…,"message":…}}`. The stable
/// `code` is a field of its own, which clients keep with the rest of the body.
pub fn anthropic_error(kind: &str, code: &str, message: &str) -> String {
    let error = serde_json::json!({"type": kind, "message": message, "code": code});
    serde_json::json!({"type": "error", "error": error}).to_string()
}

#[cfg(test)]
mod tests;
