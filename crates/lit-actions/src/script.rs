use rquickjs::context::EvalOptions;

/// Options for a classic script, which is not strict by itself.
pub(crate) fn script(name: &str) -> EvalOptions {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(name.to_owned());
    options
}
