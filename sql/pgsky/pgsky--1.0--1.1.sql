-- pgsky--1.0--1.1.sql: MOC functions.
-- SPDX-License-Identifier: GPL-3.0-or-later
\echo Use "ALTER EXTENSION pgsky UPDATE" to load this file. \quit
