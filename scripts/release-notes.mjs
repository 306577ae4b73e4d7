// Prints the section of CHANGELOG.md for the version of package.json. Fails where there is none: that version is not released yet.
//
//   node scripts/release-notes.mjs

import { readFileSync } from 'node:fs'
import process from 'node:process'
import { sectionOf } from './changelog.mjs'

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
const notes = sectionOf(readFileSync('CHANGELOG.md', 'utf8'), `## [${version}]`)
if (notes === undefined) console.error(`CHANGELOG.md has no section for ${version}`)
else console.log(notes.trim())
process.exitCode = notes === undefined ? 1 : 0
