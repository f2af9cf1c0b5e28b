// Jest as it comes: transforms are named only where a project would have to.
const project = (name, rest) => ({
  displayName: name,
  rootDir: __dirname,
  testMatch: [`<rootDir>/${name}.test.*`],
  ...rest,
});

module.exports = {
  cacheDirectory: `${__dirname}/.jest`,
  projects: [
    project('ts-jest', {
      transform: { '\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.service.json' }] },
    }),
    project('babel-jest'),
    project('jsdom', { testEnvironment: 'jsdom' }),
    project('jsdom-of-node', {
      testEnvironment: 'jsdom',
      testEnvironmentOptions: { customExportConditions: ['node', 'node-addons'] },
    }),
  ],
};
