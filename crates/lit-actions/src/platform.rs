//! Our own JavaScript, compiled once for all engines of the process.
//!
//! Parsing these files takes several times as long as the rest of starting an engine. Each is a module whose default export is the
//! function that installs it.

use std::{
    cell::Cell,
    collections::HashMap,
    rc::Rc,
    sync::{Mutex, OnceLock, PoisonError},
};

use rquickjs::{
    Context, Ctx, Error, Function, Module, Object, Promise, Runtime, WriteOptions,
    loader::{ImportAttributes, Loader, Resolver, bundle::Bundle},
    module::Declared,
};
use sha2::{Digest, Sha256};

pub(crate) const CONSOLE: &str = "ext:lit/console.js";
pub(crate) const PRELUDE: &str = "ext:lit/prelude.js";
pub(crate) const WEB: &str = "ext:lit/web.js";
pub(crate) const PARAMETERS: &str = "ext:lit/parameters.js";
pub(crate) const LIT: &str = "ext:lit/lit.js";

/// The file that the user installs.
pub(crate) const ETHERS: &str = "ext:ethers.umd.min.js";

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
#[derive(Clone, Default)]
pub(crate) struct Platform {
    /// Whether an import is the engine's own.
    importing: Rc<Cell<bool>>,
    ethers: Rc<Cell<&'static Compiled>>,
}

impl Platform {
    /// Makes the files known to an engine.
    pub(crate) fn offer(runtime: &Runtime) -> rquickjs::Result<Self> {
        // Fails here rather than at an import.
        compiled()?;
        let platform = Self::default();
        runtime.set_loader(platform.clone(), platform.clone());
        Ok(platform)
    }

    /// Runs the source of ethers as a module before it returns. The promise tells whether it threw; `None` if it is not a module.
    pub(crate) fn import_ethers<'js>(
        &self,
        ctx: &Ctx<'js>,
        source: &str,
    ) -> rquickjs::Result<Option<Promise<'js>>> {
        let Some(compiled) = compiled_ethers(source) else {
            return Ok(None);
        };
        self.ethers.set(compiled);
        self.importing.set(true);
        let imported = Module::import(ctx, ETHERS);
        self.importing.set(false);
        imported.map(Some)
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

impl Loader for Platform {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<Module<'js, Declared>> {
        let files = if name == ETHERS {
            self.ethers.get()
        } else {
            compiled()?
        };
        Bundle(files).load(ctx, name, attributes)
    }
}

/// Compiles a source of ethers when it is first used, for the lifetime of the process: parsing it takes most of the time of loading it, and
/// all nodes load it. `None` if it is not a module.
fn compiled_ethers(source: &str) -> Option<&'static Compiled> {
    type Sources = HashMap<[u8; 32], Option<&'static Compiled>>;
    static COMPILED: OnceLock<Mutex<Sources>> = OnceLock::new();
    let compile = || {
        let context = Context::full(&Runtime::new().ok()?).ok()?;
        let bytecode = context.with(|ctx| bytecode(&ctx, ETHERS, source)).ok()?;
        Some(&*Box::leak(Box::new([(ETHERS, bytecode)])) as &Compiled)
    };
    // A panic leaves the map as it was.
    let sources = COMPILED.get_or_init(Mutex::default).lock();
    let mut sources = sources.unwrap_or_else(PoisonError::into_inner);
    *sources
        .entry(Sha256::digest(source).into())
        .or_insert_with(compile)
}

fn bytecode(ctx: &Ctx<'_>, name: &str, source: &str) -> rquickjs::Result<&'static [u8]> {
    let module = Module::declare(ctx.clone(), name, source)?;
    Ok(module.write(WriteOptions::default())?.leak())
}

/// Compiles the files when the first engine starts, for the lifetime of the process.
fn compiled() -> rquickjs::Result<&'static Compiled> {
    static COMPILED: OnceLock<&'static Compiled> = OnceLock::new();
    if let Some(compiled) = COMPILED.get() {
        return Ok(compiled);
    }
    let context = Context::full(&Runtime::new()?)?;
    let compile = |ctx: Ctx<'_>| {
        let files = SOURCES
            .into_iter()
            .map(|(name, source)| Ok((name, bytecode(&ctx, name, source)?)));
        files.collect::<rquickjs::Result<Vec<_>>>()
    };
    let files = context.with(compile)?;
    Ok(COMPILED.get_or_init(|| files.leak()))
}
