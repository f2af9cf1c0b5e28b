/** The process's environment; empty where there is none (browsers, workers). */
export function environment(name: string): string | undefined {
  const value = globalThis.process?.env?.[name];
  return value === '' ? undefined : value;
}
