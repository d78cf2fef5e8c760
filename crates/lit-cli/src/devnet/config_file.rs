use std::{fmt::Write, path::Path};

use clap::{ArgMatches, Args, Command, FromArgMatches, parser::ValueSource};
use serde_json::Value;
use toml::Table;

use super::config::Config;
use crate::error::{Error, read_file};

/// The key of the option that is a list of tables.
const ISSUERS: &str = "jwt-issuer";
/// The key of the option that is not printed.
const SECRET: &str = "poap-key";
/// What is printed instead.
const HIDDEN: &str = "set, but not shown";

/// An issuer in the form of the file, as a comment.
const ISSUER_EXAMPLE: &str = r#"# [[jwt-issuer]]
# provider = "google"
# iss = "https://accounts.google.com"
# keys = "https://www.googleapis.com/oauth2/v3/certs"
# aud = ["my-app"]
"#;

/// The options of the command line and environment, and the defaults of all others.
#[derive(Debug)]
pub(super) struct Flags {
    config: Config,
    /// The keys of the options that are not defaults.
    given: Vec<String>,
}

impl Flags {
    /// The options in effect: those given here, then those of the file, then the defaults.
    pub(super) fn over(&self, file: Option<&Path>) -> Result<Config, Error> {
        let Some(path) = file else {
            return Ok(self.config.clone());
        };
        let flags = Table::try_from(&self.config).map_err(Error::ConfigText)?;
        let mut options = flags.clone();
        options.extend(parse(path)?);
        // The whole file is checked, also what flags override.
        config(path, options.clone())?;
        let given = |key: &String| Some((key.clone(), flags.get(key)?.clone()));
        options.extend(self.given.iter().filter_map(given));
        config(path, options)
    }
}

fn parse(path: &Path) -> Result<Table, Error> {
    let text = read_file(path)?;
    text.parse().map_err(|source: toml::de::Error| {
        let start = source.span().map_or(0, |span| span.start);
        Error::ConfigSyntax {
            path: path.to_owned(),
            line: 1 + text
                .bytes()
                .take(start)
                .filter(|byte| *byte == b'\n')
                .count(),
            message: source.message().to_owned(),
        }
    })
}

fn config(path: &Path, options: Table) -> Result<Config, Error> {
    serde_path_to_error::deserialize(options).map_err(|error| Error::ConfigField {
        path: path.to_owned(),
        field: error.path().to_string(),
        message: error.inner().message().to_owned(),
    })
}

/// The options as JSON, without keys of services.
pub(super) fn print_json(config: &Config) -> Result<Value, Error> {
    let mut options = serde_json::to_value(config)?;
    if config.poap_key.is_some() {
        options[SECRET] = HIDDEN.into();
    }
    Ok(options)
}

/// The options as a file for `--config`, without keys of services. Options without a value are comments.
pub(super) fn print(config: &Config) -> Result<String, Error> {
    let mut options = Table::try_from(config).map_err(Error::ConfigText)?;
    // Keys after the header of a table would be its own.
    let (mut text, mut tables) = (String::new(), String::new());
    for flag in Config::augment_args(Command::new("devnet")).get_arguments() {
        let Some(key) = flag.get_long() else { continue };
        let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
        let option = options.remove_entry(key);
        // An empty list would clash with a table that is added to the file.
        let option = option.filter(|_| key != ISSUERS || !config.jwt_issuer.is_empty());
        let line = match option {
            Some(_) if key == SECRET => {
                format!("# {key} = \"\" # {HIDDEN}: pass --{key} or set LIT_POAP_KEY\n")
            }
            Some(option) => {
                toml::to_string(&Table::from_iter([option])).map_err(Error::ConfigText)?
            }
            None if key == ISSUERS => ISSUER_EXAMPLE.to_owned(),
            None => format!("# {key} = \"\"\n"),
        };
        let target = if key == ISSUERS {
            &mut tables
        } else {
            &mut text
        };
        let _ = write!(target, "\n# {help}\n{line}");
    }
    Ok(format!("{text}{tables}").trim().to_owned())
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let config = Config::from_arg_matches(matches)?;
        let is_given = |id: &str| {
            matches!(
                matches.value_source(id),
                Some(ValueSource::CommandLine | ValueSource::EnvVariable)
            )
        };
        let given = matches
            .ids()
            .map(clap::Id::as_str)
            .filter(|id| is_given(id));
        Ok(Self {
            config,
            given: given.map(|id| id.replace('_', "-")).collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        Config::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Config::augment_args_for_update(command)
    }
}
