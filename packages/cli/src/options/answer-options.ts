import type { OptionGroup } from './command-definition.ts';

/** What becomes of the answer, by curl's names. */
export interface AnswerOptions {
  readonly o?: string;
  readonly O?: true;
  readonly include?: true;
  readonly head?: true;
  readonly silent?: true;
  readonly showError?: true;
  readonly verbose?: true;
  readonly fail?: true;
  readonly failWithBody?: true;
  readonly location?: true;
}

export const ANSWER: OptionGroup = {
  heading: 'The answer:',
  rows: [
    { flags: '-o <file>', help: 'write the body to a file' },
    { flags: '-O', help: 'the same, with the name of the URL' },
    { flags: '-i, --include', help: 'print status and headers too' },
    { flags: '-I, --head', help: 'ask for them only' },
    { flags: '-f, --fail', help: 'status 22 for an HTTP error, and no body' },
    { flags: '--fail-with-body', help: 'status 22 for an HTTP error' },
    { flags: '-L, --location', help: 'follow redirects within the origin, each signed anew' },
    { flags: '-v, --verbose', help: 'show both headers, without secrets' },
    { flags: '-s, --silent', help: 'no progress, and no explanation of a refusal' },
    { flags: '-S, --show-error', help: 'with -s: the explanation all the same' },
  ],
};
