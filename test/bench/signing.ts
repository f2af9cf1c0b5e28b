/** What is signed with: temporary credentials with a token of a usual length. */
export const CREDENTIALS = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  // 800 characters.
  sessionToken: 'FwoGZXIvYXdzEJr/'.repeat(50),
};
export const TARGET = { service: 'execute-api', region: 'eu-west-1' };
