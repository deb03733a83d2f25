# syntax=docker/dockerfile:1

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:24-slim
# The program needs Node and nothing to install or build with.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* \
      /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY config ./config
COPY openapi.yaml LICENSE ./
# The defaults of the configuration keep the database and the signing key in data; compiled code goes to .cache.
RUN mkdir data .cache && chown node:node data .cache
VOLUME /app/data

ENV NODE_ENV=production
# Within a container this means: whatever is published of it.
ENV GATEWAY_SERVER_HOST=0.0.0.0
EXPOSE 8080
USER node

# Set GATEWAY_SERVER_ADMIN_PORT, and not the key in a file, to move the port that this asks.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.GATEWAY_SERVER_ADMIN_PORT || 9090}/healthz`, { signal: AbortSignal.timeout(4000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# The exec form: the program is process 1, gets SIGTERM itself, and handles it.
ENTRYPOINT ["node", "dist/cli/bin.js"]
CMD ["start"]
