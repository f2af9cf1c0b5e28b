/** What a signature is scoped to. */
export interface Target {
  /** The signing name, e.g. `execute-api`. */
  readonly service: string;
  /** E.g. `eu-west-1`; `*` for what all regions answer, which takes SigV4a. */
  readonly region: string;
}

/**
 * What the name of one of AWS's hosts tells. Without `service`, it is a host of AWS that is not
 * known. Some names tell no region.
 */
export type Told = Partial<Target>;
