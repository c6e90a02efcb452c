import { fastifySwagger } from '@fastify/swagger';
import { fastifySwaggerUi } from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { packageVersion } from '../base/package.ts';
import type { ServeOptions } from './options.ts';
import { GROUPS, OPENAPI } from './schemas.ts';

/** The page runs its own scripts only and loads nothing from elsewhere. */
const PAGE_POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/** Collects the descriptions of the routes that are registered after it. */
export async function describeRoutes(app: FastifyInstance, { token }: ServeOptions): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'bowerbird serve',
        version: packageVersion,
        description: 'Aesthetic, punsafe and pwatermark scores of samples, by hash.',
      },
      tags: Object.values(GROUPS),
      ...(token !== undefined && {
        components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
        security: [{ token: [] }],
      }),
    },
  });
}

/** `/openapi.json`, and the page `/docs` that shows it. */
export async function addDescriptionRoutes(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: OPENAPI }, () => app.swagger());
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: PAGE_POLICY,
    theme: { title: 'bowerbird serve' },
  });
}
