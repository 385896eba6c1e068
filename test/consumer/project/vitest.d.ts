// The part of Vitest that the type tests use, so that the project needs not install all of it.
export { expectTypeOf } from 'expect-type';
export declare function describe(name: string, body: () => void): void;
export declare function test(name: string, body: () => void): void;
export declare function assertType<T>(value: T): T;
