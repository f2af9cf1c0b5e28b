/**
 * A Lambda function: `(event, context)`, or with a callback as the third. The types of
 * `@types/aws-lambda` fit.
 */
export type LambdaHandler = {
  // As a method, since TypeScript then accepts a handler with a narrower event type.
  invoke(event: LambdaEvent, context: LambdaContext, callback: LambdaCallback): unknown;
}['invoke'];

/** What the events of all kinds of API have. */
export interface LambdaEvent {
  readonly requestContext: object;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | null;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

/** The part of Lambda's context object that is the same everywhere. */
export interface LambdaContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly callbackWaitsForEmptyEventLoop: boolean;
  /** Always 30 seconds: nothing here waits for time to pass. */
  getRemainingTimeInMillis(): number;
}

/** The third argument of a Lambda function that answers by a callback. */
export type LambdaCallback = (error?: unknown, result?: unknown) => void;

/** Runs the function, and throws what it throws. */
export async function invokeLambda(
  lambda: LambdaHandler,
  event: LambdaEvent,
  { functionName, region, account }: { functionName: string; region: string; account: string },
): Promise<unknown> {
  const context: LambdaContext = {
    awsRequestId: crypto.randomUUID(),
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${region}:${account}:function:${functionName}`,
    memoryLimitInMB: '128',
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: '[$LATEST]local',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => 30_000,
  };
  // A function with a callback may return nothing of meaning: await only the callback then.
  if (lambda.length < 3) return lambda(event, context, () => undefined);
  return new Promise((resolve, reject) => {
    const returned = lambda(event, context, (error, result) => {
      if (error === undefined || error === null) resolve(result);
      else reject(error instanceof Error ? error : new Error(JSON.stringify(error)));
    });
    if (returned instanceof Promise) returned.then(resolve, reject);
  });
}
