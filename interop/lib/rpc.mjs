// Plain JSON-RPC, without a library that smooths things over.

let id = 0;

/** An error that the node answered, as it answered it. */
export class RpcError extends Error {
  constructor({ code, message, data }) {
    super(message);
    Object.assign(this, { code, data });
  }
}

/** Calls a method and gives its result; a refusal is an `RpcError`. */
export async function rpc(url, method, ...params) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: (id += 1), method, params }),
  });
  const { result, error } = await response.json();
  if (error) throw new RpcError(error);
  return result;
}

export const quantity = (number) => `0x${BigInt(number).toString(16)}`;
