import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import axios from 'axios';

import { AppModule } from './orders.module';

/** Asks the service itself, and prints what its callers get. */
async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  const own = axios.create({ baseURL: await app.getUrl(), validateStatus: () => true });
  const seen: Record<string, unknown[]> = {};
  for (const kind of ['unsigned', 'signed']) {
    seen[kind] = [];
    for (const path of ['echo', 'gone', 'no', 'nowhere']) {
      const { status, data } = await own.get<unknown>(`/${kind}/${path}`);
      seen[kind].push([path, status, data]);
    }
  }
  console.log(JSON.stringify(seen));
  await app.close();
}
void main();
