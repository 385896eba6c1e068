// What Vite makes of imports, for the tests that run in a page.

declare module '*?url' {
  const url: string;
  export default url;
}

declare module '*?raw' {
  const text: string;
  export default text;
}

interface ImportMeta {
  readonly env: Readonly<Record<string, string>>;
  glob(pattern: string, options: { query: '?raw'; import: 'default'; eager: true }): Readonly<Record<string, string>>;
}
