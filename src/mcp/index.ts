// Public names, one by one.

export { type McpClient, type McpResult, type McpTool, type McpToolsOptions, mcpTools } from './mcp-tools.ts'
