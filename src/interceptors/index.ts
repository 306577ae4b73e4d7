export { type InterceptorContext, type InterceptorOptions, interceptors } from './interceptors.ts'
