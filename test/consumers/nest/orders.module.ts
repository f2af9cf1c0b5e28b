import { HttpModule, HttpService } from '@nestjs/axios';
import {
  BadGatewayException,
  Catch,
  Controller,
  Get,
  Module,
  Param,
  type ArgumentsHost,
  type OnModuleInit,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter } from '@nestjs/core';
import { AxiosError } from 'axios';
import { lastValueFrom, map } from 'rxjs';

import { rejectionOf, sigv4Interceptor } from '@sigv4/axios';
import { assumeRole } from '@sigv4/credentials';

/** An upstream that fails is a 502, and the reason of a refusal is for the log, not for the caller. */
@Catch(AxiosError)
export class UpstreamFilter extends BaseExceptionFilter {
  override catch(error: AxiosError, host: ArgumentsHost): void {
    const why = rejectionOf(error)?.reason;
    if (why !== undefined) console.error(why);
    const upstream = error.response?.status ?? error.code;
    super.catch(new BadGatewayException({ upstream }), host);
  }
}

@Controller('unsigned')
export class PlainController {
  constructor(protected readonly http: HttpService) {}

  @Get(':path')
  get(@Param('path') path: string): Promise<unknown> {
    return lastValueFrom(this.http.get<unknown>(`/${path}`).pipe(map(({ data }) => data)));
  }
}

@Module({
  imports: [HttpModule.register({ baseURL: process.env['UNSIGNED_URL'] ?? '' })],
  controllers: [PlainController],
})
export class PlainModule {}

@Controller('signed')
export class OrdersController extends PlainController {
  constructor(http: HttpService) {
    super(http);
  }
}

@Module({
  imports: [HttpModule.register({ baseURL: process.env['SIGNED_URL'] ?? '' })],
  controllers: [OrdersController],
})
export class OrdersModule implements OnModuleInit {
  constructor(private readonly http: HttpService) {}

  onModuleInit(): void {
    const credentials = assumeRole({ roleArn: process.env['ROLE_ARN'] ?? '' });
    this.http.axiosRef.interceptors.request.use(
      sigv4Interceptor({ credentials, region: 'eu-west-1' }),
    );
  }
}

@Module({
  imports: [PlainModule, OrdersModule],
  providers: [{ provide: APP_FILTER, useClass: UpstreamFilter }],
})
export class AppModule {}
