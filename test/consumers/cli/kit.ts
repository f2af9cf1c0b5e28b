// oxlint-disable vitest/no-standalone-expect -- tests call this
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'vitest';

import type { LocalAws } from '@sigv4/testing';

import { kept } from './golden.ts';
import { atTerminal, HAS_SCRIPT, piped, type Ran, type RunOptions } from './terminal.ts';
import { commonEnvironment, DEVELOPER, environmentOf, INTERN, startWorld } from './world.ts';
import type { Added, Environment } from './world.ts';

export interface As extends RunOptions {
  readonly as?: 'developer' | 'intern' | 'wrong' | 'nobody';
  /** Whether the output is a secret, and says so. */
  readonly isSecret?: boolean;
}

/** A world, and the packed command to be run in it. */
export class Kit {
  readonly aws: LocalAws;
  readonly cli: string;
  /** The home folder of all callers, and where they are. */
  readonly home: string;
  /** All that was printed, but for what is said to hold secrets. */
  readonly printed: string[] = [];
  readonly #common: Environment;
  readonly #users: Readonly<Record<NonNullable<As['as']>, Environment>>;

  private constructor(
    aws: LocalAws,
    cli: string,
    home: string,
    common: Environment,
    users: Readonly<Record<NonNullable<As['as']>, Environment>>,
  ) {
    this.aws = aws;
    this.cli = cli;
    this.home = home;
    this.#common = common;
    this.#users = users;
  }

  /** @param consumer the folder of a project that has the command installed */
  static async start(consumer: string, added?: Added): Promise<Kit> {
    const aws = await startWorld(added);
    const home = await mkdtemp(join(tmpdir(), 'sigv4-home-'));
    const developer = await environmentOf(aws, DEVELOPER);
    const users = {
      developer,
      intern: await environmentOf(aws, INTERN),
      wrong: { ...developer, AWS_SECRET_ACCESS_KEY: 'AnotherSecretThanTheOneOfThisKey' },
      nobody: {},
    };
    const cli = join(consumer, 'node_modules/@sigv4/cli/dist/cli.js');
    return new Kit(aws, cli, home, await commonEnvironment(aws, home), users);
  }

  async close(): Promise<void> {
    await this.aws.close();
    await rm(this.home, { recursive: true });
  }

  url(api: string): string {
    return this.aws.apis[api]?.url ?? '';
  }

  hostUrl(api: string): string {
    return this.aws.apis[api]?.hostUrl ?? '';
  }

  /** Leads AWS's host names to the local AWS. */
  get toLocal(): readonly string[] {
    return [
      '--cacert',
      join(this.home, 'ca.pem'),
      '--connect-to',
      `::127.0.0.1:${this.aws.tlsPort}`,
    ];
  }

  environment({ as = 'developer', env }: As = {}): Readonly<Record<string, string | undefined>> {
    return { ...this.#common, ...this.#users[as], ...env };
  }

  async run(args: readonly string[], options: As = {}, how = piped): Promise<Ran> {
    const command = [process.execPath, this.cli, ...args];
    const env = this.environment(options);
    const ran = await how(command, { cwd: this.home, ...options, env });
    if (!options.isSecret) this.printed.push(ran.stdout, ran.stderr);
    return ran;
  }

  atTerminal(args: readonly string[], options: As = {}): Promise<Ran> {
    return this.run(args, options, atTerminal);
  }

  /** Compares what is printed, piped and at a terminal, with what was kept. */
  async golden(name: string, args: readonly string[], options: As = {}): Promise<Ran> {
    const [pipes, terminal] = await Promise.all([
      this.run(args, options),
      HAS_SCRIPT ? this.atTerminal(args, options) : undefined,
    ]);
    const line = ['sigv4', ...args].join(' ');
    const text = kept(line, pipes, terminal).replaceAll(this.home, 'HOME');
    const path = join(import.meta.dirname, 'golden', `${name}.txt`);
    if (terminal) {
      expect(terminal.status).toBe(pipes.status);
      await expect(text).toMatchFileSnapshot(path);
    } else {
      const [ofPipes] = (await readFile(path, 'utf8')).split('\n--- at a terminal');
      expect(text).toBe(ofPipes);
    }
    return pipes;
  }
}
