//! `skytrend token new`: a token for the HTTP server, of which only the hash is for the settings.

use std::io::Write;

use skytrend_serve::http::{AccessSettings, new_token};

use crate::cli::TokenRights;

/// Prints a new token and the lines by which a server knows it.
pub fn new(name: &str, rights: TokenRights, out: &mut impl Write) -> anyhow::Result<()> {
    let token = new_token()?;
    let rights = match rights {
        TokenRights::Read => "read",
        TokenRights::Write => "write",
    };
    let lines = format!(
        "[[serve.access.tokens]]\nname = {}\nrights = \"{rights}\"\nsha256 = \"{}\"\n",
        toml::Value::from(name),
        token.sha256
    );
    // What is printed must be taken by the server, the name too.
    let table: toml::Table = lines.parse()?;
    let access = table["serve"]["access"].clone().try_into::<AccessSettings>()?;
    skytrend_serve::http::Access::load(&access)?;
    writeln!(out, "The token, shown this once. Give it to {name} alone:\n\n  {}\n", token.secret)?;
    writeln!(out, "For the settings file of the server, which needs a restart then:\n\n{lines}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_are_settings_without_the_token() {
        let mut out = Vec::new();
        new("anna", TokenRights::Write, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let secret = text.lines().find_map(|line| line.strip_prefix("  ")).unwrap();
        let settings = &text[text.find("[[").unwrap()..];
        assert!(!settings.contains(secret) && settings.contains("rights = \"write\""), "{text}");
        assert!(new("anna smith", TokenRights::Read, &mut Vec::new()).is_err());
    }
}
