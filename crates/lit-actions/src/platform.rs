//! Our own JavaScript, compiled once for all engines of the process.
//!
//! Parsing these files takes several times as long as the rest of starting an engine. Each is a module whose default export is the
//! function that installs it.

use std::{cell::Cell, rc::Rc, sync::OnceLock};

use rquickjs::{
    Context, Ctx, Error, Function, Module, Object, Runtime, WriteOptions,
    loader::{ImportAttributes, Resolver, bundle::Bundle},
};

pub(crate) const CONSOLE: &str = "ext:lit/console.js";
pub(crate) const PRELUDE: &str = "ext:lit/prelude.js";
pub(crate) const WEB: &str = "ext:lit/web.js";
pub(crate) const PARAMETERS: &str = "ext:lit/parameters.js";
pub(crate) const LIT: &str = "ext:lit/lit.js";

const SOURCES: [(&str, &str); 5] = [
    (CONSOLE, include_str!("console.js")),
    (PRELUDE, include_str!("prelude.js")),
    (WEB, include_str!("web.js")),
    (PARAMETERS, include_str!("parameters.js")),
    (LIT, include_str!("lit.js")),
];

/// Name and bytecode of each file.
type Compiled = [(&'static str, &'static [u8])];

/// The files, as modules that only the engine can import.
#[derive(Clone)]
pub(crate) struct Platform {
    /// Whether an import is the engine's own.
    importing: Rc<Cell<bool>>,
}

impl Platform {
    /// Makes the files known to an engine.
    pub(crate) fn offer(runtime: &Runtime) -> rquickjs::Result<Self> {
        let platform = Self {
            importing: Rc::default(),
        };
        runtime.set_loader(platform.clone(), Bundle(compiled()?));
        Ok(platform)
    }

    /// The function exported by a file.
    pub(crate) fn import<'js>(
        &self,
        ctx: &Ctx<'js>,
        name: &str,
    ) -> rquickjs::Result<Function<'js>> {
        self.importing.set(true);
        let imported =
            Module::import(ctx, name).and_then(|promise| promise.finish::<Object<'js>>());
        self.importing.set(false);
        imported?.get("default")
    }
}

/// Refuses imports by actions.
impl Resolver for Platform {
    fn resolve<'js>(
        &mut self,
        _: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        if self.importing.get() {
            Ok(name.to_owned())
        } else {
            Err(Error::new_resolving(base, name))
        }
    }
}

/// Compiles the files when the first engine starts, for the lifetime of the process.
fn compiled() -> rquickjs::Result<&'static Compiled> {
    static COMPILED: OnceLock<&'static Compiled> = OnceLock::new();
    if let Some(compiled) = COMPILED.get() {
        return Ok(compiled);
    }
    let context = Context::full(&Runtime::new()?)?;
    let compile = |ctx: Ctx<'_>| {
        let files = SOURCES.into_iter().map(|(name, source)| {
            let bytecode =
                Module::declare(ctx.clone(), name, source)?.write(WriteOptions::default())?;
            Ok((name, &*bytecode.leak()))
        });
        files.collect::<rquickjs::Result<Vec<_>>>()
    };
    let files = context.with(compile)?;
    Ok(COMPILED.get_or_init(|| files.leak()))
}
