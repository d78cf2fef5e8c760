//! Our own JavaScript, compiled once for all engines of the process.
//!
//! Parsing these files takes several times as long as the rest of starting an engine. Each is a module whose default export is the
//! function that installs it. Only two of them run at the start, the others on first use.

use std::{
    cell::Cell,
    collections::HashMap,
    rc::Rc,
    sync::{Mutex, OnceLock, PoisonError},
};

use rquickjs::{
    Context, Ctx, Error, Function, Module, Promise, Runtime, WriteOptions,
    loader::{ImportAttributes, Loader, Resolver, bundle::Bundle},
    module::Declared,
};
use sha2::{Digest, Sha256};

pub(crate) const PRELUDE: &str = "prelude";
pub(crate) const LIT: &str = "lit";

/// The file that the user installs.
pub(crate) const ETHERS: &str = "ext:ethers.umd.min.js";

/// The files, by names under which only the engine finds them.
const SOURCES: [(&str, &str); 13] = [
    ("ext:lit/actions.js", include_str!("js/actions.js")),
    ("ext:lit/console.js", include_str!("js/console.js")),
    ("ext:lit/crypto.js", include_str!("js/crypto.js")),
    ("ext:lit/data.js", include_str!("js/data.js")),
    ("ext:lit/ethers.js", include_str!("js/ethers.js")),
    ("ext:lit/jwt.js", include_str!("js/jwt.js")),
    ("ext:lit/lit.js", include_str!("js/lit.js")),
    ("ext:lit/locale.js", include_str!("js/locale.js")),
    ("ext:lit/parameters.js", include_str!("js/parameters.js")),
    ("ext:lit/prelude.js", include_str!("js/prelude.js")),
    ("ext:lit/storage.js", include_str!("js/storage.js")),
    ("ext:lit/subtle.js", include_str!("js/subtle.js")),
    ("ext:lit/web.js", include_str!("js/web.js")),
];

/// Name and bytecode of a file.
type File = (&'static str, &'static [u8]);
type Compiled = [File];

/// The files, as modules that only the engine can import.
#[derive(Clone, Default)]
pub(crate) struct Platform {
    /// Whether an import is the engine's own.
    importing: Rc<Cell<bool>>,
    ethers: Rc<Cell<&'static Compiled>>,
}

impl Platform {
    /// Makes the files known to an engine.
    pub(crate) fn offer(runtime: &Runtime) -> Self {
        let platform = Self::default();
        runtime.set_loader(platform.clone(), platform.clone());
        platform
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

    /// The function that a file exports. It is not a dynamic import, because that would run the pending jobs of the action.
    pub(crate) fn part<'js>(&self, ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Function<'js>> {
        let source = format!("export {{ default }} from 'ext:lit/{name}.js'");
        self.importing.set(true);
        let evaluated = Module::declare(ctx.clone(), format!("ext:lit/part/{name}"), source)
            .and_then(Module::eval);
        self.importing.set(false);
        let (module, done) = evaluated?;
        // No file awaits anything, so it is done.
        done.result::<()>().transpose()?;
        module.get("default")
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
            compiled(name)?
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

/// Compiles a file when it is first used, for the lifetime of the process.
fn compiled(name: &str) -> rquickjs::Result<&'static Compiled> {
    static COMPILED: [OnceLock<[File; 1]>; SOURCES.len()] =
        [const { OnceLock::new() }; SOURCES.len()];
    let Some(place) = SOURCES.iter().position(|(known, _)| *known == name) else {
        return Err(Error::new_loading(name));
    };
    let (compiled, (name, source)) = (&COMPILED[place], SOURCES[place]);
    if let Some(compiled) = compiled.get() {
        return Ok(compiled);
    }
    let context = Context::full(&Runtime::new()?)?;
    let bytecode = context.with(|ctx| bytecode(&ctx, name, source))?;
    Ok(compiled.get_or_init(|| [(name, bytecode)]))
}
