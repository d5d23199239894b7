//! Writing a manifest anew, as the server stores it: what the loader does not know is lost.

use serde::Serialize;

use super::{ConfigDefinition, Manifest, Permissions};
use crate::wire::{self, EncodeError};

/// The order of the keys is that of the stored text.
#[derive(Serialize)]
struct File<'a> {
    author: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Config<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "is_nothing")]
    permissions: &'a Permissions,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    website: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    schema: Option<&'a serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ui_schema: Option<&'a serde_json::Value>,
}

impl<'a> Config<'a> {
    fn of(config: &'a ConfigDefinition) -> Self {
        Self {
            schema: config.schema.as_ref(),
            ui_schema: config.ui_schema.as_ref(),
        }
    }
}

fn is_nothing(permissions: &&Permissions) -> bool {
    let nothing = Permissions {
        others: permissions.others.clone(),
        ..Permissions::default()
    };
    **permissions == nothing
}

impl Manifest {
    /// Returns the manifest as compact JSON text that reads back as the same manifest.
    ///
    /// # Errors
    ///
    /// When the schema of the settings cannot be written.
    pub fn to_json(&self) -> Result<String, EncodeError> {
        let bytes = wire::encode(&File {
            author: &self.author,
            config: self.config.as_ref().map(Config::of),
            description: self.description.as_deref(),
            name: &self.name,
            permissions: &self.permissions,
            version: &self.version,
            website: self.website.as_deref(),
        })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_known_comes_back_and_the_rest_is_lost() {
        let json = r#"{"name":"N","author":"A","version":"1","odd":1,"description":"a<b","website":"w","permissions":
            {"http":{"requiredHosts":["x"],"allowedHosts":["y"]},"taskqueue":{},"users":{"reason":"r"},"cache":null},
            "config":{"schema":{"type":"object","properties":{"z":{},"a":{}}},"uiSchema":{"type":"V"}}}"#;
        let manifest = Manifest::parse(json.as_bytes()).unwrap();
        let text = manifest.to_json().unwrap();
        assert_eq!(Manifest::parse(text.as_bytes()).unwrap(), manifest);
        assert!(
            !text.contains("odd") && !text.contains("allowedHosts"),
            "{text}"
        );
        assert!(text.starts_with(r#"{"author":"A","config":"#), "{text}");
        let plain = Manifest::parse(br#"{"name":"N","author":"A","version":"1"}"#).unwrap();
        assert_eq!(
            plain.to_json().unwrap(),
            r#"{"author":"A","name":"N","version":"1"}"#
        );
        let null = br#"{"name":"N","author":"A","version":"1","config":{"schema":null}}"#;
        let null = Manifest::parse(null).unwrap();
        assert_eq!(
            Manifest::parse(null.to_json().unwrap().as_bytes()).unwrap(),
            null
        );
    }
}
