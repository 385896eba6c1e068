/** Whether this runs in Node, and not in a browser. */
export const IN_NODE = typeof process !== 'undefined' && process.versions?.node !== undefined;
