import { runOverHttp } from '../suites.ts'

await runOverHttp()
