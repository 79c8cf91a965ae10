// Package report writes reports of measurements and trainings as web pages, and keeps them in a folder.
//
// A [Page] is data: tables, charts, galleries, matrices. [Page.Write] makes one HTML file of it that needs nothing else: no
// script, no other file, pictures inside. Every text is escaped. [Save] puts such a page, the same figures as JSON and what
// a list of reports needs into a folder of their own; [List] and [Open] read them.
//
// It measures nothing and knows no task or metric.
package report
