import { ANSWER } from './options/answer-options.ts';
import { collect, type CommandDefinition } from './options/command-definition.ts';
import { CONNECTION } from './options/connection-options.ts';
import { duration } from './options/duration.ts';
import { REQUEST } from './options/request-options.ts';
import { CALLER, OUTPUT, SIGNING } from './options/shared-options.ts';

/** The command that is meant if none is named. */
export const REQUEST_COMMAND: CommandDefinition = {
  name: 'request',
  summary: 'call an API; the word "request" can be left out',
  description:
    'Calls an API with a signature. The body of the answer goes to stdout as it came; a refusal is explained on stderr.',
  parameters: [['[words...]', '[METHOD] URL']],
  options: [REQUEST, ANSWER, CONNECTION, CALLER, SIGNING, OUTPUT],
  examples: [
    [
      'The host name tells service and region.',
      'sigv4 https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders',
    ],
    [
      'Send JSON from a file with a profile, and fail if the API does.',
      'sigv4 -f --profile dev --json @order.json https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders',
    ],
    [
      'A custom domain needs the region; here also a role of another account.',
      'sigv4 DELETE https://api.example.com/orders/7 --region eu-west-1 --role-arn arn:aws:iam::222222222222:role/ops',
    ],
    [
      'Upload to S3.',
      'sigv4 -T backup.tar https://my-bucket.s3.eu-west-1.amazonaws.com/backup.tar',
    ],
  ],
  run: async (words, options) => (await import('./commands/request.ts')).request(words, options),
};

/**
 * All commands, as the help tells of them. What a command does is loaded only when it runs, so that
 * the help comes at once.
 */
export const COMMANDS: readonly CommandDefinition[] = [
  REQUEST_COMMAND,
  {
    name: 'explain',
    summary: 'tell why AWS refused a request, by an answer that was kept',
    description:
      'Tells why AWS refused a request, by an answer that was kept: the output of curl -i or curl -v, the message of another tool, or a body alone.',
    parameters: [['[file]', 'default: stdin']],
    options: [
      {
        heading: 'What was sent:',
        rows: [
          {
            flags: '--sent <file>',
            help: 'the request: its first line, headers and, after an empty line, its body',
          },
        ],
      },
      OUTPUT,
    ],
    examples: [
      ['The answer of another client.', 'curl -i --aws-sigv4 … https://… | sigv4 explain'],
      [
        'With the request, to see what differs.',
        'curl -v --aws-sigv4 … https://… > exchange.txt 2>&1; sigv4 explain exchange.txt',
      ],
      ['An error of the AWS CLI.', 'aws sts assume-role … 2>&1 | sigv4 explain'],
    ],
    run: async (words, options) => (await import('./commands/explain.ts')).explain(words, options),
  },
  {
    name: 'doctor',
    summary: 'find out, step by step, why a call is refused',
    description:
      'Finds out, step by step, why a call is refused: it asks STS, sends one unsigned HEAD, and then makes the call.',
    parameters: [['[words...]', '[METHOD] URL']],
    options: [REQUEST, CONNECTION, CALLER, SIGNING, OUTPUT],
    examples: [
      [
        'Why is this refused?',
        'sigv4 doctor https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders',
      ],
      [
        'Would it work in that role?',
        'sigv4 doctor POST https://api.example.com/orders --region eu-west-1 --role-arn arn:aws:iam::222222222222:role/ops',
      ],
    ],
    run: async (words, options) => (await import('./commands/doctor.ts')).doctor(words, options),
  },
  {
    name: 'presign',
    summary: 'make a URL that works for a while',
    description:
      'Makes a URL that lets whoever has it make one request until it expires: a download, an upload, a WebSocket.',
    parameters: [['[words...]', '[METHOD] URL']],
    options: [
      {
        heading: 'What it allows:',
        rows: [
          {
            flags: '--expires <time>',
            help: 'such as 15m, at most 7d (default: 15m)',
            parse: duration('--expires'),
          },
          { flags: '--method <method>', help: 'default: GET' },
          {
            flags: '-H, --header <line>',
            help: 'header that has to be sent with it',
            parse: collect,
          },
        ],
      },
      CALLER,
      SIGNING,
      OUTPUT,
    ],
    examples: [
      [
        'A download for an hour.',
        'sigv4 presign --expires 1h https://my-bucket.s3.eu-west-1.amazonaws.com/report.pdf',
      ],
      [
        'An upload of a picture.',
        `sigv4 presign PUT -H 'content-type: image/png' https://my-bucket.s3.eu-west-1.amazonaws.com/cat.png`,
      ],
      [
        'A WebSocket API.',
        'sigv4 presign --expires 5m wss://abc123.execute-api.eu-west-1.amazonaws.com/prod',
      ],
    ],
    run: async (words, options) => (await import('./commands/presign.ts')).presign(words, options),
  },
  {
    name: 'presign-post',
    summary: 'make a form for uploads to S3',
    description:
      'Lets whoever has the result upload one file to S3 by a form, within what the policy allows. Prints the fields as JSON, a page, or a curl line.',
    parameters: [['<url>', "the bucket's address"]],
    options: [
      {
        heading: 'What it allows:',
        rows: [
          {
            flags: '--key <key>',
            help: "the object's key; ${filename} at its end is the file's name",
          },
          { flags: '--bucket <name>', help: 'the bucket, where the URL does not name it' },
          {
            flags: '--field <name=value>',
            help: 'one more field, such as acl=private',
            parse: collect,
          },
          {
            flags: '--condition <json>',
            help: `one more condition: '["starts-with", "$Content-Type", "image/"]'`,
            parse: collect,
          },
          {
            flags: '--expires <time>',
            help: 'such as 15m, at most 7d (default: 1h)',
            parse: duration('--expires'),
          },
        ],
      },
      {
        heading: 'What is printed, instead of JSON:',
        rows: [
          { flags: '--html', help: 'a page with the form' },
          { flags: '--curl', help: 'a line for curl; put the file in the place of FILE' },
        ],
      },
      CALLER,
      OUTPUT,
    ],
    examples: [
      [
        'Uploads below a folder, for an hour.',
        `sigv4 presign-post --key 'uploads/\${filename}' https://my-bucket.s3.eu-west-1.amazonaws.com/`,
      ],
      [
        'At most 1 MB, with curl.',
        `sigv4 presign-post --curl --key cat.png --condition '["content-length-range", 1, 1000000]' https://my-bucket.s3.eu-west-1.amazonaws.com/`,
      ],
    ],
    run: async (words, options) =>
      (await import('./commands/presign-post.ts')).presignPost(words, options),
  },
  {
    name: 'sign',
    summary: 'print the signed headers, a curl line, or what was signed',
    description:
      'Signs a request and sends nothing: prints its headers, a curl line, or what was signed.',
    parameters: [['[words...]', '[METHOD] URL']],
    options: [
      {
        heading: 'What is printed:',
        rows: [
          { flags: '--curl', help: 'a line for curl, ready to be run' },
          {
            flags: '--canonical',
            help: 'the canonical request and the string to sign, without secrets',
          },
          {
            flags: '--expires <time>',
            help: 'with --query: how long it is good (default: 5m)',
            parse: duration('--expires'),
          },
        ],
      },
      REQUEST,
      CALLER,
      SIGNING,
      OUTPUT,
    ],
    examples: [
      [
        'The headers, to be sent within five minutes.',
        'sigv4 sign https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders',
      ],
      [
        'A line for curl.',
        `sigv4 sign --curl --json '{"sku":"hat"}' https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders`,
      ],
      [
        'Compare with what another signer makes.',
        'sigv4 sign --canonical https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders',
      ],
    ],
    run: async (words, options) => (await import('./commands/sign.ts')).sign(words, options),
  },
  {
    name: 'whoami',
    summary: 'tell account, ARN, region, and where the credentials came from',
    description:
      'Tells who calls: account and ARN, where the credentials came from, when they end, and the region.',
    parameters: [],
    options: [
      CALLER,
      {
        heading: 'How it is signed:',
        rows: [{ flags: '--query', help: 'put the signature into the URL' }],
      },
      OUTPUT,
    ],
    examples: [
      ['With the credentials of this machine.', 'sigv4 whoami'],
      [
        'Can this profile assume that role?',
        'sigv4 whoami --profile dev --role-arn arn:aws:iam::222222222222:role/ops',
      ],
      ['The account alone, for a script.', 'sigv4 whoami --output json | jq -r .account'],
    ],
    run: async (words, options) => (await import('./commands/whoami.ts')).whoami(words, options),
  },
  {
    name: 'assume',
    summary: 'assume a role, and run a command in it',
    description:
      'Assumes a role, and runs a command in it. Without a command it only tells whether that works, and shows no secret.',
    parameters: [
      ['<role-arn>', 'the role'],
      ['[command...]', 'what runs in the role; write -- before it'],
    ],
    options: [
      {
        heading: 'The session:',
        rows: [
          {
            flags: '--mfa <serial>',
            help: 'ARN or number of the MFA device; its code is asked for',
          },
          { flags: '--mfa-code <digits>', help: 'the code, where nobody can be asked' },
          {
            flags: '--duration <time>',
            help: '15m to 12h, at most 1h after another role (default: 1h)',
            parse: duration('--duration'),
          },
        ],
      },
      CALLER,
      {
        heading: 'Instead of a command:',
        rows: [
          { flags: '--export', help: 'print lines for the shell; they hold the secrets' },
          {
            flags: '--credential-process',
            help: "print JSON for a profile's credential_process; it holds the secrets",
          },
        ],
      },
      OUTPUT,
    ],
    examples: [
      ['Run the tests in a role.', 'sigv4 assume arn:aws:iam::222222222222:role/ops -- npm test'],
      [
        'With MFA, for the rest of this shell.',
        'eval "$(sigv4 assume arn:aws:iam::222222222222:role/ops --mfa arn:aws:iam::111111111111:mfa/anna --export)"',
      ],
      [
        'In ~/.aws/config, for every tool.',
        'credential_process = npx @sigv4/cli assume arn:aws:iam::222222222222:role/ops --external-id orders-2f6c --credential-process',
      ],
    ],
    run: async (words, options) => (await import('./commands/assume.ts')).assume(words, options),
  },
];
