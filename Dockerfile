# The signalling server with the page for browsers. docker build -t earshot . && docker run -p 8001:8001 -v earshot:/data earshot

FROM node:24-slim AS page
WORKDIR /app
COPY package.json package-lock.json ./
# Without install scripts: they fetch Electron and browsers, and no package that is needed here has one.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node build/build.ts page

FROM node:24-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8001 DATA_DIR=/data LOG_LEVEL=info
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY --from=page /app/dist/renderer dist/renderer
COPY package.json ./
COPY signalling signalling
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8001
HEALTHCHECK --interval=10s --timeout=3s CMD ["node", "-e", "fetch('http://127.0.0.1:8001/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself, no shell or npm before it: it has to hear SIGTERM.
CMD ["node", "signalling/main.ts"]
