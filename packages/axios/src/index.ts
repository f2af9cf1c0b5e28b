export { rejectionOf } from './answer.ts';
export { sigv4Interceptor, type SigV4InterceptorOptions } from './interceptor.ts';
