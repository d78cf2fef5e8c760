// Compiles the contracts and checks them against what clients call. Run by `cargo xtask codegen`, which installs the
// compiler and tells node where it is.
//
//     node compile.js <folder for the artifacts> <version of the compiler>

"use strict";

const fs = require("fs");
const path = require("path");
const solc = require("solc");

const SOURCES = path.join(__dirname, "src");

const SETTINGS = {
  optimizer: { enabled: true, runs: 200 },
  // Some functions of the official ABI have more arguments than the older code generator can keep on the stack.
  viaIR: true,
  evmVersion: "paris",
  // Without a hash of sources and settings in it, the code depends on what it does alone.
  metadata: { bytecodeHash: "none", appendCBOR: false },
  outputSelection: { "*": { "*": ["abi", "evm.deployedBytecode", "evm.methodIdentifiers"] } },
};

// The limit of EIP-170.
const MAX_CODE_BYTES = 24576;

function main(folder, version) {
  if (!solc.version().startsWith(`${version}+`)) throw new Error(`solc ${version} is wanted, not ${solc.version()}`);
  const contracts = compile();
  const problems = [
    ...Object.entries(contracts).flatMap(([name, contract]) => codeProblems(name, contract)),
    ...interfaceProblems(contracts),
  ];
  if (problems.length > 0) throw new Error(problems.join("\n"));

  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  for (const [contractName, contract] of Object.entries(contracts)) {
    const runtime = `0x${contract.evm.deployedBytecode.object}`;
    const artifact = { contractName, abi: contract.abi, runtime };
    fs.writeFileSync(path.join(folder, `${contractName}.json`), `${JSON.stringify(artifact, null, 2)}\n`);
  }
}

// The contracts of the top folder; the folders below it hold what they are made of.
function compile() {
  const sources = {};
  for (const file of fs.readdirSync(SOURCES, { recursive: true }).sort()) {
    if (file.endsWith(".sol")) {
      sources[file.split(path.sep).join("/")] = { content: fs.readFileSync(path.join(SOURCES, file), "utf8") };
    }
  }
  const input = { language: "Solidity", sources, settings: SETTINGS };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const messages = (output.errors ?? []).map((error) => error.formattedMessage);
  if (messages.length > 0) throw new Error(messages.join("\n"));

  const contracts = {};
  for (const file of Object.keys(sources)) {
    const name = path.basename(file, ".sol");
    if (file === `${name}.sol`) contracts[name] = output.contracts[file][name];
  }
  return contracts;
}

// Code that is put into genesis has no constructor that could fill in immutables or link libraries.
function codeProblems(name, contract) {
  const { object, immutableReferences, linkReferences } = contract.evm.deployedBytecode;
  const problems = [];
  if (object.length / 2 > MAX_CODE_BYTES) problems.push(`${name}: ${object.length / 2} bytes of code are too many`);
  if (Object.keys(immutableReferences ?? {}).length > 0) problems.push(`${name}: has immutables`);
  if (Object.keys(linkReferences ?? {}).length > 0) problems.push(`${name}: has to be linked`);
  if (contract.abi.some((item) => item.type === "constructor")) problems.push(`${name}: has a constructor`);
  return problems;
}

// Every function and event of required.json must be there, with the same selector, answers and indexed arguments.
function interfaceProblems(contracts) {
  const required = JSON.parse(fs.readFileSync(path.join(__dirname, "required.json"), "utf8"));
  const problems = [];
  for (const [name, { functions, events }] of Object.entries(required)) {
    const contract = contracts[name];
    if (contract === undefined) {
      problems.push(`${name}: missing`);
      continue;
    }
    const selectors = contract.evm.methodIdentifiers;
    const functionsHere = new Map(
      contract.abi
        .filter((item) => item.type === "function")
        .map((item) => [`${item.name}(${item.inputs.map(typeOf)})`, item])
    );
    for (const [signature, { selector, mutability, outputs }] of Object.entries(functions)) {
      const here = functionsHere.get(signature);
      if (here === undefined || `0x${selectors[signature]}` !== selector) {
        problems.push(`${name}: no function ${signature} ${selector}`);
      } else if (`(${here.outputs.map(typeOf)})` !== outputs) {
        problems.push(`${name}: ${signature} returns (${here.outputs.map(typeOf)}), not ${outputs}`);
      } else if ((here.stateMutability === "payable") !== (mutability === "payable")) {
        problems.push(`${name}: ${signature} is ${here.stateMutability}, not ${mutability}`);
      }
    }
    const eventsHere = new Set(
      contract.abi
        .filter((item) => item.type === "event")
        .map((item) => `${item.name}(${item.inputs.map((input) => typeOf(input) + (input.indexed ? " indexed" : ""))})`)
    );
    for (const event of events) {
      if (!eventsHere.has(event)) problems.push(`${name}: no event ${event}`);
    }
  }
  return problems;
}

function typeOf({ type, components }) {
  return components === undefined ? type : type.replace("tuple", `(${components.map(typeOf)})`);
}

try {
  main(process.argv[2], process.argv[3]);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
