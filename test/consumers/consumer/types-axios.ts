// What must compile with every axios in the promised range, without the types of config.sigv4.
import axios from 'axios';

import { rejectionOf, sigv4Interceptor } from '@sigv4/axios';

const instance = axios.create({
  baseURL: 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod',
});
instance.interceptors.request.use(sigv4Interceptor());
axios.interceptors.request.use(sigv4Interceptor({ region: 'eu-west-1' }), null, {
  synchronous: true,
});
const reason: string | undefined = rejectionOf(new Error('x'))?.reason;
void reason;
