//! Every row: what it becomes is a call this program understands, and what helps with it says so.

mod known;

use std::{collections::BTreeSet, ffi::OsString};

use clap::Parser as _;
use syncledger_domain::codes::{INVALID_VALUE, USAGE};

use self::known::KNOWN;
use super::{super::row::*, *};
use crate::{
    args::Args,
    product::{Heard, grammar, hear, help, piped},
};

fn tokens(line: &str) -> Vec<String> {
    piped::words(line).unwrap()
}

/// The row of a line and the native calls it becomes.
fn calls(line: &str) -> (&'static Row, Vec<Vec<String>>) {
    let words: Vec<OsString> = tokens(line).into_iter().map(OsString::from).collect();
    let Heard::Command(command) = hear(&words) else {
        panic!("'{line}' is not taken for a command of the table")
    };
    let (row, given) =
        grammar::parse(&command.words).unwrap_or_else(|wrong| panic!("{line}: {}", wrong.refused));
    let Effect::Native { calls, .. } = &row.effect else { return (row, Vec::new()) };
    let calls = calls(&given).unwrap_or_else(|refused| panic!("{line}: {refused}"));
    (row, calls.iter().map(Call::argv).collect())
}

#[test]
fn every_known_command_has_a_row() {
    for command in KNOWN {
        assert!(grammar::row_of(&tokens(command)).is_some(), "{command}");
    }
}

#[test]
fn every_row_is_consistent() {
    let mut all = BTreeSet::new();
    for row in super::all() {
        let command = help::command(row);
        assert!(all.insert(command.clone()), "{command} stands twice");
        assert!(
            MODULES.iter().any(|(module, _)| *module == row.words[0])
                || matches!(row.effect, Effect::Missing(_))
        );
        assert!(row.meaning.ends_with('.'), "{command}");
        let optional = row.params.iter().skip_while(|param| param.need == Need::Mandatory);
        assert!(
            optional.into_iter().all(|param| param.need != Need::Mandatory),
            "{command}: mandatory after optional"
        );
        let names: BTreeSet<_> = row.params.iter().map(|param| param.name.to_lowercase()).collect();
        assert_eq!(names.len(), row.params.len(), "{command}: two parameters of one name");
        let missing = matches!(row.effect, Effect::Missing(_));
        assert_eq!(row.examples.is_empty(), missing, "{command}: examples");
    }
}

#[test]
fn every_example_becomes_calls_that_are_accepted() {
    for row in super::all() {
        for example in row.examples {
            let (found, calls) = calls(example);
            assert_eq!(help::command(found), help::command(row), "{example}");
            for argv in calls {
                let words = std::iter::once("syncledger").chain(argv.iter().map(String::as_str));
                if let Err(error) = Args::try_parse_from(words) {
                    panic!("{example} becomes {argv:?}: {error}");
                }
            }
        }
    }
}

#[test]
fn words_and_names_are_read_in_any_case() {
    for row in super::all() {
        for example in row.examples {
            let words = tokens(example);
            let (_, expected) = calls(example);
            let names: BTreeSet<String> = row.params.iter().map(|param| param.name.to_lowercase()).collect();
            let mandatory = row.params.iter().filter(|param| param.need == Need::Mandatory).count();
            for change in [str::to_uppercase, str::to_lowercase] {
                let shouted = words.iter().enumerate().map(|(at, word)| {
                    let name = at >= row.words.len() + mandatory && names.contains(&word.to_lowercase());
                    if at < row.words.len() || name { change(word) } else { word.clone() }
                });
                let shouted: Vec<String> = shouted.collect();
                let (row, given) =
                    grammar::parse(&shouted).unwrap_or_else(|wrong| panic!("{shouted:?}: {}", wrong.refused));
                let Effect::Native { calls, .. } = &row.effect else { continue };
                let argv: Vec<_> = calls(&given).unwrap().iter().map(Call::argv).collect();
                assert_eq!(argv, expected, "{shouted:?}");
            }
        }
    }
}

#[test]
fn enumerated_values_are_read_in_any_case_and_written_in_one() {
    for row in super::all() {
        for param in row.params {
            let (Kind::OneOf(words) | Kind::OneOfOr(words, _)) = param.kind else { continue };
            for word in words {
                for said in [word.to_uppercase(), word.to_lowercase()] {
                    assert_eq!(param.check(&said).unwrap(), *word, "{} {}", help::command(row), param.name);
                }
            }
        }
    }
    for said in ["TRUE", "true", "True"] {
        assert_eq!(may("x", Kind::Boolean).check(said).unwrap(), "true");
    }
}

/// The first words of a row, each `a|b` decided.
fn words_of(row: &Row) -> Vec<String> {
    row.words.iter().map(|word| word.split('|').next().unwrap_or_default().to_owned()).collect()
}

/// A value a parameter accepts.
fn accepted(param: &Param) -> String {
    let value = match param.kind {
        Kind::Text(_) | Kind::Clearable | Kind::List(_) => "x",
        Kind::Boolean => "true",
        Kind::Whole { .. } => "1",
        Kind::OneOf(words) | Kind::OneOfOr(words, _) => words[0],
    };
    value.to_owned()
}

#[test]
fn too_few_parameters_are_told_with_the_whole_page() {
    for row in super::all().filter(|row| row.params.iter().any(|param| param.need == Need::Mandatory)) {
        let mandatory: Vec<&Param> =
            row.params.iter().filter(|param| param.need == Need::Mandatory).collect();
        for given in 0..mandatory.len() {
            let values = mandatory[..given].iter().map(|param| accepted(param));
            let tokens: Vec<String> = words_of(row).into_iter().chain(values).collect();
            // `config info` lacks its attribute even where the longer row begins.
            let Err(wrong) = grammar::parse(&tokens) else { panic!("{tokens:?} was accepted") };
            assert_eq!(wrong.refused.code(), USAGE);
            assert!(
                wrong.refused.to_string().ends_with("requires more parameters"),
                "{tokens:?}: {}",
                wrong.refused
            );
            let page = wrong.help.unwrap();
            assert!(page.contains("Syntax:") && page.contains("(M)"), "{page}");
            assert!(row.examples.iter().all(|example| page.contains(example)), "{page}");
        }
    }
}

#[test]
fn a_page_of_help_has_every_parameter_and_a_list_has_every_command() {
    for row in super::all() {
        let page = help::about(&words_of(row)).unwrap();
        assert!(page.contains(&help::command(row)), "{page}");
        let missing = matches!(row.effect, Effect::Missing(_));
        assert_eq!(page.contains("not have this part"), missing, "{page}");
        for param in row.params {
            let mark = if param.need == Need::Mandatory { "(M)" } else { "(O)" };
            assert!(page.lines().any(|line| line.contains(mark) && line.contains(param.name)), "{page}");
        }
    }
    for (module, _) in MODULES {
        let list = help::about(&[module.to_uppercase()]).unwrap();
        for row in super::all().filter(|row| row.words[0] == *module) {
            assert!(list.contains(&help::command(row)), "{list}");
        }
        assert!(help::about(&[]).unwrap().contains(module));
    }
    assert!(help::about(&["device".to_owned()]).is_none());
}

#[test]
fn every_parameter_refuses_what_it_cannot_be() {
    for row in super::all() {
        for param in row.params {
            let long = "x".repeat(70_000);
            let mut bad = vec![long.as_str(), "a\0b"];
            if param.kind != Kind::Clearable {
                bad.push("");
            }
            match param.kind {
                Kind::Boolean => bad.extend(["yes", "1", "truetrue"]),
                Kind::Whole { .. } => bad.extend(["x", "1.5", "99999999999999999999", "1 "]),
                Kind::OneOf(_) => bad.extend(["nothing", "'; --"]),
                Kind::List(_) => bad.extend([",", " , ,"]),
                Kind::Text(_) | Kind::Clearable | Kind::OneOfOr(..) => {}
            }
            for value in bad {
                let Err(refused) = param.check(value) else { panic!("{} {value:?}", param.name) };
                assert_eq!(refused.code(), INVALID_VALUE);
                let message = refused.to_string();
                assert!(message.contains(param.name) && message.contains("allowed is"), "{message}");
                assert!(message.len() < 1000, "{message}");
            }
        }
    }
}

#[test]
fn no_value_can_be_taken_for_an_option() {
    for row in super::all() {
        let Effect::Native { calls, .. } = &row.effect else { continue };
        let hostile = |param: &Param| match param.kind {
            Kind::Text(_) | Kind::Clearable | Kind::OneOfOr(..) => "--json=x".to_owned(),
            _ => accepted(param),
        };
        let values = row.params.iter().map(|param| (param.name, hostile(param))).collect();
        let words = row.words.iter().map(|word| word.split('|').next().unwrap_or_default()).collect();
        // A call may be refused before; an attribute has to be one.
        let Ok(calls) = calls(&Given { words, values, here: Here::default() }) else { continue };
        for argv in calls.iter().map(Call::argv) {
            let end = argv.iter().position(|word| word == "--").unwrap_or(argv.len());
            assert!(!argv[..end].iter().any(|word| word == "--json=x"), "{argv:?}");
        }
    }
}
