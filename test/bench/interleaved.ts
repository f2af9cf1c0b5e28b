/** One way to do the work, under its name. */
export interface Candidate {
  readonly name: string;
  readonly run: () => unknown;
}

export interface Figure {
  readonly name: string;
  /** Median of the rounds, µs for one. */
  readonly micros: number;
}

/**
 * Times candidates in turn, round by round, so that what disturbs the machine disturbs all of
 * them. Only the ratios within one run mean anything.
 */
export async function timeInterleaved(
  candidates: readonly Candidate[],
  { rounds = 40, millisPerTurn = 20 } = {},
): Promise<Figure[]> {
  const samples = new Map(candidates.map(({ name }) => [name, [] as number[]]));
  const turns = new Map<string, number>();
  for (const candidate of candidates)
    turns.set(candidate.name, (await callsIn(candidate, millisPerTurn * 5)) / 5);
  for (let round = 0; round < rounds; round += 1) {
    for (const candidate of candidates) {
      const calls = Math.max(1, Math.round(turns.get(candidate.name) ?? 1));
      const start = performance.now();
      for (let call = 0; call < calls; call += 1) await candidate.run();
      samples.get(candidate.name)?.push(((performance.now() - start) * 1000) / calls);
    }
  }
  return candidates.map(({ name }) => ({ name, micros: median(samples.get(name) ?? []) }));
}

/** Warms up, and finds out how many calls fit. */
async function callsIn({ run }: Candidate, millis: number): Promise<number> {
  const end = performance.now() + millis;
  let calls = 0;
  while (performance.now() < end) {
    await run();
    calls += 1;
  }
  return calls;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A Markdown table; the first figure is what the others are measured by. */
export function table(title: string, figures: readonly Figure[]): string {
  const [first] = figures;
  const rows = figures.map(
    ({ name, micros }) =>
      `| ${name} | ${micros.toFixed(1)} | ${(micros / (first?.micros ?? micros)).toFixed(1)} |`,
  );
  return [`| ${title} | µs | ratio |`, '|---|---:|---:|', ...rows].join('\n');
}
